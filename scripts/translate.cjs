/*
 * Lets Node load TypeScript as `-r ts-node/register/transpile-only` does, and keeps what ts-node has made of each file
 * below node_modules/.cache. Every spec file has a process of its own, and to load ts-node, TypeScript and SWC takes
 * each of them a quarter of a second of CPU time. With the cache only the first run loads them.
 */
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const { Module } = require('node:module');
const path = require('node:path');

const root = path.dirname(__dirname);
const cache = path.join(root, 'node_modules', '.cache', 'dokku-builds', 'translated');
/** The versions of the packages, and the options. */
const translator = createHash('sha1');
for (const name of ['package-lock.json', 'tsconfig.json']) translator.update(readFileSync(path.join(root, name)));

let service;

/** The JavaScript that ts-node makes of `source`, the text of `file`, with a source map that names `file`. */
function translate(file, source) {
  const key = translator.copy().update(`${file}\0${source}`).digest('hex');
  const kept = path.join(cache, `${key}.js`);
  try {
    return readFileSync(kept, 'utf8');
  } catch {
    service ??= require('ts-node').create({ transpileOnly: true, cwd: root });
    const made = service.compile(source, file);
    keep(kept, made);
    return made;
  }
}

/** By a rename, since other processes may read it now. A user who may not write there just translates again. */
function keep(file, text) {
  try {
    mkdirSync(cache, { recursive: true });
    writeFileSync(`${file}.${process.pid}`, text);
    renameSync(`${file}.${process.pid}`, file);
  } catch {
    // a cache is only a shortcut
  }
}

Module._extensions['.ts'] = (module, file) => {
  module._compile(translate(file, readFileSync(file, 'utf8')), file);
};
process.setSourceMapsEnabled(true);
