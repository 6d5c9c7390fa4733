/** Packs what `npm run build` left in dist/plugin into dist/dokku-builds-<version>.tar.gz. */
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tarball } from './tarball';

const root = path.dirname(__dirname);
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string };
const name = `dokku-builds-${version}`;
const file = path.join(root, 'dist', `${name}.tar.gz`);

const archive = tarball(path.join(root, 'dist/plugin'), name);
writeFileSync(`${file}.new`, archive);
renameSync(`${file}.new`, file);
const digest = createHash('sha256').update(archive).digest('hex');
console.log(`-----> Packed dist/${name}.tar.gz (${String(archive.length)} bytes, sha256 ${digest})`);
