import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { Unpackr } from 'msgpackr';

import { HEADER_BYTES } from '../../journal/file/format/frame';
import { closeJournal, JOURNAL_FILE, openJournal } from '../../journal/file/journalFile';
import { loadWhole } from '../../journal/loadHistory';

/*
 * `journal-work replay|decode <directory of an app>`. `replay` reads the journal and folds its events, one `produce`
 * for all; `decode` reads the file, passes its frames to msgpackr, and does nothing with what comes.
 */

const [, , what = '', directory = ''] = process.argv;
const path = join(directory, JOURNAL_FILE);

if (what === 'replay') {
  const journal = openJournal(path);
  if (journal === undefined) throw new Error(`${path} is missing`);
  process.stdout.write(`${loadWhole(journal).head.seq}\n`);
  closeJournal(journal);
} else {
  const bytes = readFileSync(path);
  const decoder = new Unpackr({ useRecords: false, mapsAsObjects: true });
  let events = 0;
  for (let at = 0; at < bytes.length; events += 1) {
    const end = at + HEADER_BYTES + bytes.readUInt32LE(at + 4);
    decoder.unpack(bytes.subarray(at + HEADER_BYTES, end));
    at = end;
  }
  process.stdout.write(`${events}\n`);
}
