// The page: what is asked for, how far the check is, and what came of it.

import { readTrusted } from '../../../schemas/verify/proofs.js';
import { Fault } from '../../../schemas/verify/fault.js';
import { count, el, fill } from './dom.js';
import { chosenIn, dropped } from './files.js';
import { recordsSection, openForPrint } from './timeline.js';
import { verdictSection } from './verdict.js';
import { en } from './words.en.js';
import { es } from './words.es.js';
import { checkAside } from './work.js';

const LANGUAGES = { en, es };

/** Everything that the page shows follows from this. `phase`: start, checking, done, tooLarge, broken. */
const state = { language: 'en', phase: 'start', chosen: null, key: '', view: null, problem: null };
/** Counts the checks that were started, so that a check that was overtaken is dropped. */
let turn = 0;

/** Builds the page. */
export function startPage() {
  state.language = navigator.language?.toLowerCase().startsWith('es') ? 'es' : 'en';
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', onDrop);
  window.addEventListener('beforeprint', openForPrint);
  render();
}

const words = () => LANGUAGES[state.language];

function render() {
  const w = words();
  document.documentElement.lang = state.language;
  document.title = w.title;
  document.getElementById('skip').textContent = w.skip;
  document.getElementById('top').replaceChildren(...topBar(w));
  document.getElementById('main').replaceChildren(introduction(w), chooser(w), result(w));
  document.getElementById('foot').replaceChildren(el('p', {}, w.footer));
}

function topBar(w) {
  const button = ([language, { languageName }]) => {
    const pressed = String(language === state.language);
    return el('button', { type: 'button', lang: language, 'aria-pressed': pressed, onclick: () => speak(language) }, languageName);
  };
  return [
    el('h1', {}, w.title),
    el('div', { class: 'languages', role: 'group', 'aria-label': w.languages }, Object.entries(LANGUAGES).map(button)),
  ];
}

function speak(language) {
  state.language = language;
  render();
  document.querySelector(`.languages [lang="${language}"]`).focus();
}

function introduction(w) {
  return el(
    'section',
    { class: 'intro', 'aria-labelledby': 'intro-title' },
    el('h2', { id: 'intro-title' }, w.intro.title),
    el('p', {}, w.intro.what),
    el('p', { class: 'caution' }, el('strong', {}, `${w.intro.ownCopyTitle} `), w.intro.ownCopy),
  );
}

function chooser(w) {
  const zip = fileInput(w.choose.zip, { id: 'choose-zip', accept: '.zip,application/zip' });
  const folder = fileInput(w.choose.folder, { id: 'choose-folder', webkitdirectory: true });
  const key = el('textarea', { id: 'key', rows: 2, spellcheck: 'false', autocomplete: 'off', 'aria-describedby': 'key-help key-problem' });
  key.value = state.key;
  key.addEventListener('input', () => (state.key = key.value));
  const again = el('button', { type: 'button', onclick: () => start(state.chosen) }, w.choose.again);
  return el(
    'section',
    { class: 'choose', 'aria-labelledby': 'choose-title' },
    el('h2', { id: 'choose-title' }, w.choose.title),
    el('div', { class: 'drop', id: 'drop' }, el('p', {}, w.choose.drop), el('div', { class: 'buttons' }, zip, folder)),
    el('p', { class: 'quiet' }, w.choose.stays),
    el('label', { for: 'key' }, w.choose.key),
    el('p', { id: 'key-help', class: 'quiet' }, w.choose.keyHelp),
    key,
    el('p', { id: 'key-problem', class: 'problem', role: 'alert' }, state.phase === 'badKey' ? w.choose.badKey : ''),
    state.chosen ? el('div', { class: 'buttons' }, again) : null,
  );
}

/** A file input under a label that looks like a button; the input keeps the keyboard's focus. */
function fileInput(text, attributes) {
  const input = el('input', { type: 'file', class: 'file', ...attributes });
  input.addEventListener('change', () => start(chosenIn(input)));
  return el('label', { class: 'button', for: attributes.id }, input, text);
}

function result(w) {
  const parts = {
    start: () => [],
    badKey: () => [],
    checking: () => [progressSection(w)],
    tooLarge: () => [noticeSection(w.tooLarge.title, fill(w.tooLarge.text, { size: megabytes(state.problem) }), w.tooLarge.command)],
    broken: () => [noticeSection(w.broken.title, w.broken.text, state.problem)],
    done: () => [verdictSection(w, state), ...recordsSection(w, state)],
  };
  return el('div', { id: 'result' }, parts[state.phase]());
}

function progressSection(w) {
  return el(
    'section',
    { class: 'progress', 'aria-labelledby': 'progress-title' },
    el('h2', { id: 'progress-title' }, fill(w.progress.title, { name: state.chosen.name })),
    el('progress', { id: 'bar', max: 1, 'aria-labelledby': 'progress-title' }),
    el('p', { id: 'told', role: 'status', 'aria-live': 'polite' }, w.progress.starts),
  );
}

function noticeSection(title, text, detail) {
  return el(
    'section',
    { class: 'verdict fails', 'aria-labelledby': 'notice-title' },
    el('h2', { id: 'notice-title', tabindex: '-1' }, title),
    el('p', {}, text),
    detail ? el('pre', {}, detail) : null,
  );
}

const megabytes = (bytes) => count(Math.round(bytes / (1 << 20)), state.language);

async function onDrop(event) {
  event.preventDefault();
  start(await dropped(event.dataTransfer));
}

/** Checks what was chosen with the key that stands in its field. */
async function start(chosen) {
  if (!chosen) return;
  Object.assign(state, { chosen, view: null, problem: null });
  if (!keyReads(state.key)) {
    show('badKey');
    document.getElementById('key').focus();
    return;
  }
  const mine = ++turn;
  show('checking');
  try {
    const found = await checkAside(chosen, state.key, (progress) => mine === turn && tell(progress));
    if (mine !== turn) return;
    Object.assign(state, { view: found.view ?? null, problem: found.tooLarge ?? found.badKey ?? null });
    show(found.view ? 'done' : found.tooLarge ? 'tooLarge' : 'badKey');
  } catch (error) {
    if (mine !== turn) return;
    state.problem = String(error?.message ?? error);
    show('broken');
  }
  document.querySelector('#result h2')?.focus();
}

function keyReads(text) {
  try {
    readTrusted(text);
    return true;
  } catch (error) {
    if (error instanceof Fault) return false;
    throw error;
  }
}

function show(phase) {
  state.phase = phase;
  render();
}

function tell({ stage, done, total }) {
  const [bar, told] = [document.getElementById('bar'), document.getElementById('told')];
  if (!bar) return;
  const share = total > 0 ? done / total : 1;
  bar.value = stage === 'files' ? share / 2 : 0.5 + share / 2;
  const text = fill(words().progress[stage], { percent: Math.round(100 * share) });
  if (told.textContent !== text) told.textContent = text;
}
