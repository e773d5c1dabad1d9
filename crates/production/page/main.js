// The program of the page. The same text runs in the page and in its worker.

import { startPage } from './page.js';
import { serveChecks } from './work.js';

if (typeof document === 'undefined') {
  serveChecks();
  postMessage({ started: true });
} else {
  startPage();
}
