// What tests of the page have in common: browsers, opening a page from disk without a network, choosing a package, looking for barriers.
// The environment is that which run.sh sets.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

import puppeteer from 'puppeteer-core';

const { DAYBOOK_SHOTS } = process.env;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const WAIT_MS = 60_000;

const BROWSERS = {
  Chromium: process.env.DAYBOOK_CHROMIUM && {
    executablePath: process.env.DAYBOOK_CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  },
  Firefox: process.env.DAYBOOK_FIREFOX && { browser: 'firefox', executablePath: process.env.DAYBOOK_FIREFOX },
};

/** The ledger's key out of a trust policy. */
export const vkeyOf = (policy) => readFileSync(policy, 'utf8').match(/^log (\S+)/m)[1];

/** Tries claims, `[claim, run(page, browser's name)]`, in each browser that there is, each on a page of `file` opened afresh. */
export function inBrowsers(what, file, claims) {
  for (const [name, options] of Object.entries(BROWSERS)) {
    const skip = options ? false : `not run: there is no ${name} on this machine`;
    test(`${what} in ${name}`, { skip, timeout: 600_000 }, async (t) => {
      const browser = await puppeteer.launch({ headless: true, ...options });
      try {
        for (const [claim, run] of claims) await t.test(claim, () => onPage(browser, file, (page) => run(page, name)));
      } finally {
        await browser.close();
      }
    });
  }
}

/** Opens the page afresh; whatever it asks of the network, and every error, fails the test. */
async function onPage(browser, file, run) {
  const page = await browser.newPage();
  const bad = [];
  page.on('request', (request) => /^(file|blob|data):/.test(request.url()) || bad.push(request.url()));
  page.on('pageerror', (error) => bad.push(error.message));
  page.on('console', (message) => ['error', 'warn'].includes(message.type()) && bad.push(message.text()));
  await page.setViewport({ width: 1200, height: 900 });
  await page.goto(pathToFileURL(file).href);
  await page.click('.languages [lang="en"]');
  await run(page);
  assert.deepEqual(bad, []);
  await page.close();
}

/** Chooses a package and waits for the verdict: { kind, code, text }. */
export async function check(page, zip) {
  const input = await page.$('#choose-zip');
  await input.uploadFile(zip);
  return verdict(page);
}

export async function verdict(page) {
  const heading = await page.waitForSelector('#verdict-title', { timeout: WAIT_MS });
  return heading.evaluate((element) => ({ kind: element.dataset.verdict, code: element.dataset.code, text: element.textContent }));
}

export const outcomes = (page) =>
  page.$$eval('details.check', (checks) => Object.fromEntries(checks.map(({ dataset }) => [dataset.code, dataset.outcome])));

export async function findsNoBarrier(page, where) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] }));
  const told = found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
  assert.deepEqual(told, [], where);
}

export const shot = (page, name) => page.screenshot({ path: join(DAYBOOK_SHOTS, `${name}.png`), fullPage: true });

export async function openRecords(page) {
  await page.$$eval('details.record', (records) => records.forEach((record) => (record.open = true)));
  await page.waitForFunction(() => document.querySelectorAll('details.record[open] > .body').length === document.querySelectorAll('details.record').length);
}
