import { AGE_UNITS } from '../../../host/terminal/age';

/*
 * The one script of a page. Without it everything is there to read; with it the page can be filtered, shows times in
 * the viewer's zone, and reloads itself if it is kept up to date. It sends nothing, and loads nothing but the page
 * itself.
 */

const FILTER = `
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const [bar] = all('[role=search]'), [search, status, zone] = all('input,select', bar), [counter] = all('output', bar);
let kept = {};
try { kept = JSON.parse(sessionStorage.getItem('dokku-builds')) || {}; } catch {}
search.value = kept.search || ''; status.value = kept.status || ''; zone.value = kept.zone || '';
const keep = () => {
  const text = JSON.stringify({ search: search.value, status: status.value, zone: zone.value });
  try { sessionStorage.setItem('dokku-builds', text); } catch {}
};
const filterRows = (within, isNamed) => {
  let found = 0;
  for (const row of all('tr[id]', within)) {
    const hasStatus = !status.value || row.classList.contains(status.value);
    const hasText = isNamed || row.textContent.toLowerCase().includes(search.value.trim().toLowerCase());
    row.hidden = !hasStatus || !hasText;
    const detail = row.nextElementSibling;
    if (detail && !detail.id) detail.hidden = row.hidden;
    if (!row.hidden) found += 1;
  }
  return found;
};
const targetOf = (hash) => hash && document.getElementById(decodeURIComponent(hash.slice(1)));
const filterFailures = (section) => {
  const items = all('li', section);
  for (const item of items) {
    const build = targetOf(item.querySelector('a').hash);
    item.hidden = !!build && build.hidden;
  }
  section.hidden = items.every((item) => item.hidden);
};
const opened = new Set();
const filter = () => {
  const text = search.value.trim().toLowerCase(), isFiltered = text || status.value;
  const apps = all('details[data-app]'), shown = new Set();
  let builds = apps.length ? 0 : filterRows(document, false);
  for (const app of apps) {
    const isNamed = app.dataset.app.includes(text), found = filterRows(app, isNamed);
    app.hidden = !found && !(isNamed && !status.value);
    if (!app.hidden) shown.add(app.dataset.app);
    const opens = isFiltered && found;
    if (opens && !app.open) { app.open = true; opened.add(app); }
    if (!opens && opened.delete(app)) app.open = false;
    builds += found;
  }
  for (const row of all('tr[data-app]')) row.hidden = !shown.has(row.dataset.app);
  for (const list of all('.failures')) filterFailures(list.parentElement);
  counter.textContent = isFiltered ? builds + (builds === 1 ? ' build' : ' builds') : '';
};
search.oninput = status.onchange = () => { filter(); keep(); };
bar.hidden = false;
if (search.value || status.value) filter();
onkeydown = (event) => {
  if (event.key !== '/' || /INPUT|SELECT/.test(document.activeElement.tagName)) return;
  event.preventDefault();
  search.focus();
};`;

const TIMES = `
const times = all('time').map((element) => {
  const isAge = element.hasAttribute('datetime'), text = element.textContent;
  return { element, text, isAge, at: new Date(isAge ? element.dateTime : text.replace(' ', 'T') + 'Z') };
}).filter(({ at }) => !isNaN(at));
for (const { element, at } of times) { element.dateTime = at.toISOString(); element.title = at.toISOString(); }
const two = (number) => String(number).padStart(2, '0');
const localText = (at) => at.getFullYear() + '-' + two(at.getMonth() + 1) + '-' + two(at.getDate()) + ' ' +
  two(at.getHours()) + ':' + two(at.getMinutes()) + ':' + two(at.getSeconds());
const ageText = (at) => {
  const past = Date.now() - at, isToCome = past <= -1000, ms = isToCome ? -past : Math.max(0, past);
  const [unit, length] = ${JSON.stringify(AGE_UNITS)}.find(([, length, least]) => ms >= length * least);
  const age = Math.floor(ms / length) + unit;
  return isToCome ? 'in ' + age : age + ' ago';
};
const showTimes = () => {
  for (const { element, text, isAge, at } of times) {
    element.textContent = isAge ? ageText(at) : zone.value ? localText(at) : text;
    const age = element.nextElementSibling;
    if (!isAge && age && age.localName === 'small' && / ago$|^in /.test(age.textContent)) age.textContent = ageText(at);
  }
  const zoneName = zone.value ? Intl.DateTimeFormat().resolvedOptions().timeZone : 'UTC';
  for (const name of all('.tz')) name.textContent = zoneName;
};
zone.onchange = () => { showTimes(); keep(); };
showTimes();
setInterval(showTimes, 10000);`;

const LINKS = `
const showTarget = () => {
  const target = targetOf(location.hash);
  if (!target) return;
  for (let element = target; element; element = element.parentElement) {
    element.hidden = false;
    if (element.localName === 'details') element.open = true;
  }
  const detail = target.localName === 'tr' && target.nextElementSibling;
  if (detail && !detail.id) { detail.hidden = false; for (const log of all('details', detail)) log.open = true; }
  target.scrollIntoView();
};
onhashchange = showTarget;
showTarget();`;

const RELOAD = `
const seconds = Number(document.documentElement.dataset.reload);
if (seconds) setInterval(() => {
  if (!document.hidden && document.activeElement !== search) location.reload();
}, seconds * 1000);`;

/** Its text. The policy of the page allows it by its digest, and no other. */
export const PAGE_SCRIPT = `'use strict';${FILTER}${TIMES}${LINKS}${RELOAD}\n`;
