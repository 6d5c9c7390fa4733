import test from 'ava';
import fc from 'fast-check';

import { printable, visible } from '../../host/printable';
import { anyText } from '../anyText';

test('invisible characters, and those that change the direction of text, are escaped', (t) => {
  t.is(visible('a\tb\u001b[31m\u007f\u009b é'), 'a\\x09b\\x1b[31m\\x7f\\x9b é');
  t.is(visible('left \u202eturned\u2066 \u061c\u200e \u2028'), 'left \\u202eturned\\u2066 \\u061c\\u200e \\u2028');
  t.is(printable('x'.repeat(121)), `${'x'.repeat(117)}...`);
  t.is(printable(`${'x'.repeat(116)}😀abcd`), `${'x'.repeat(116)}...`);
});

test('whatever the text, nothing of it reaches a terminal as a control character', (t) => {
  fc.assert(
    fc.property(anyText(), (text) => {
      t.notRegex(visible(text), /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u);
    }),
  );
});
