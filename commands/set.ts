import { existsSync } from 'node:fs';

import type { Host } from '../host/dokku/environment';
import { Failure, printable, reasonOf } from '../host/failure';
import { appBuilds, buildsRoot, type PropertyScope, propertyPath } from '../host/dokku/paths';
import { clearProperty, writeProperty } from '../host/dokku/properties';
import { type Limit, parseLimit } from '../host/dokku/retention';
import type { Output } from '../host/terminal/output';
import { isTerminal } from '../host/terminal/isTerminal';
import { parsePatterns } from '../host/secrets/patterns';
import { formatNames } from '../subscribers/notifications/formats/format';
import {
  occasions,
  parseFormat,
  parseHeader,
  parseLogLines,
  parseNotifyOn,
  parseNotifyUrl,
  parseSecret,
} from '../subscribers/notifications/settings';
import { metricsPath, setMetricsFile } from '../subscribers/metrics/metricsFile';
import { forgetEnded } from '../subscribers/notifications/endedReceivers';
import { refusalOf, refusedAddressIn } from '../subscribers/notifications/webhook/addresses';
import { forgetUndelivered } from '../subscribers/notifications/undelivered';
import { pagePath, pagesDirectory } from '../subscribers/page/keptPages';
import { setPage, startUpdate } from '../subscribers/page/requestPages';
import { defineCommand } from './definition/command';
import { appOr, aSwitch } from './definition/flags';

/** A property that `builds:set` sets. */
interface Property {
  readonly help: string;
  /** Throws `Failure` for a bad value. */
  readonly check: (value: string) => unknown;
  /** The possible values, if they are a few words. */
  readonly values?: readonly string[];
  /** It is never shown, and may come on stdin. */
  readonly secret?: true;
  /** It is of the host, not of an app. */
  readonly globalOnly?: true;
  /** A whole number; a plus before it is not stored. */
  readonly isLimit?: true;
  /** The file that `on` keeps up to date. */
  readonly kept?: KeptFile;
}

interface KeptFile {
  readonly path: (host: Host, scope: PropertyScope) => string;
  /** Makes or removes the file, after the property was set. Throws system errors. */
  readonly update: (host: Host, scope: PropertyScope) => void;
  /** A sentence: how others get the file. */
  readonly use: string;
}

/** An address that nothing is sent to is refused at once. A name is looked up when something is sent. */
function checkNotifyUrl(text: string): void {
  const address = refusedAddressIn(parseNotifyUrl(text));
  if (address !== undefined) throw new Failure(`Invalid notify-url: ${refusalOf(address)}`);
}

const DOCS = 'https://github.com/dokku-builds/dokku-builds/blob/main/docs';

const properties: Readonly<Record<string, Property>> = {
  retention: aLimit('retention', 'how many finished builds of an app are kept, at least 1; by default 20'),
  'retention-days': aLimit(
    'retention-days',
    'after how many days finished builds are removed, except the last success; by default never',
  ),
  'log-retention': aLimit('log-retention', 'how many of the newest finished builds keep their logs; by default all'),
  'notify-url': { help: 'the url to post notifications to', check: checkNotifyUrl },
  'notify-format': {
    help: `the format of the messages: ${formatNames.join(',')}; by default json`,
    check: parseFormat,
    values: formatNames,
  },
  'notify-on': {
    help: `the events that are sent: ${occasions.join(',')}; by default failed`,
    check: parseNotifyOn,
    values: occasions,
  },
  'notify-secret': { help: 'the key that signs the messages; never shown', check: parseSecret, secret: true },
  'notify-header': {
    help: 'an HTTP header of each message, such as Authorization: Bearer xyz; never shown',
    check: parseHeader,
    secret: true,
  },
  'notify-log-lines': {
    help: 'how many of the last log lines are sent; by default 50, 0 for none',
    check: parseLogLines,
  },
  mask: {
    help: 'patterns of text to mask in logs that leave the host, with * and separated by commas; never shown',
    check: parsePatterns,
    secret: true,
  },
  page: {
    help: 'on or off: whether a page file is kept up to date; by default off',
    ...onOrOff('page'),
    kept: { path: pagePath, update: setPage, use: `To serve it: ${DOCS}/operations.md#a-page-that-is-kept-up-to-date` },
  },
  metrics: {
    help: 'with --global, on or off: whether a file for the node exporter is kept up to date; by default off',
    ...onOrOff('metrics'),
    globalOnly: true,
    kept: {
      path: metricsPath,
      update: setMetricsFile,
      use: `For the node exporter: ${DOCS}/metrics.md#for-the-node-exporter`,
    },
  },
};

export const set = defineCommand({
  description: 'Set or clear what is kept of builds and who is notified of them',
  args: {
    app: appOr('global'),
    property: {
      kind: 'word',
      required: true,
      shown: '<property>',
      help: 'what to set',
      choices: Object.fromEntries(Object.entries(properties).map(([name, { help }]) => [name, help])),
      parse: parseProperty,
    },
    value: {
      kind: 'word',
      required: false,
      shown: '<value>',
      help: 'without it the value is cleared; - reads a secret from stdin',
      choicesAfter: (property) => (Object.hasOwn(properties, property) ? (properties[property]?.values ?? []) : []),
      parse: (word = '') => word,
    },
  },
  flags: { global: aSwitch('for all apps that have no value of their own') },
  example: 'shop retention 50',
  stock: true,
  async run({ host, output, args }) {
    const scope = args.app ?? '--global';
    const { name, check, secret, globalOnly, isLimit, kept } = args.property;
    if (globalOnly && scope !== '--global') throw new Failure(`The property ${name} is set with --global only`);
    const given = secret && args.value === '-' ? await readSecret(output, name) : args.value;
    if (given !== '') check(given);
    const value = isLimit ? given.replace(/^\+/, '') : given;
    if (value === '') output.title(`Unsetting ${name}`);
    else output.title(secret ? `Setting ${name}` : `Setting ${name} to ${value}`);
    try {
      if (value === '') clearProperty(host, scope, name);
      else writeProperty(host, scope, name, value);
    } catch (error) {
      throw new Failure(`Cannot write ${propertyPath(host, scope, name)}: ${reasonOf(error)}`);
    }
    if (name === 'notify-url') {
      forgetEnded(buildsRoot(host), scope); // also if the clock was set back since the receiver ended
      if (scope !== '--global') forgetUndelivered(appBuilds(host, scope).directory);
    }
    if (kept !== undefined) updateKept(host, scope, kept);
    if (name === 'mask' && existsSync(pagesDirectory(host))) startUpdate(host);
    if (kept !== undefined && value === 'on' && !host.quiet) {
      output.note(`Kept up to date: ${kept.path(host, scope)}`);
      output.note(kept.use);
    }
    return undefined;
  },
});

/** Throws {@link Failure}. */
function updateKept(host: Host, scope: PropertyScope, { path, update }: KeptFile): void {
  try {
    update(host, scope);
  } catch (error) {
    const file = path(host, scope);
    throw new Failure(`The property is stored, but ${file} cannot be brought up to date: ${reasonOf(error)}`);
  }
}

/** Throws {@link Failure}, with the stock plugin's message unless a property of ours is meant. */
function parseProperty(name = ''): Property & { readonly name: string } {
  const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
  if (property !== undefined) return { name, ...property };
  const all = Object.keys(properties);
  if (name === '') throw new Failure(`Please specify a property: ${all.join(', ')}`);
  const isOurs = /^(?:notif|page|metric|mask|log-|retention-)/.test(name);
  const allowed = isOurs || isTerminal(2) ? all : ['retention']; // scripts know the stock plugin's message
  throw new Failure(`Invalid property "${printable(name)}" (allowed: ${allowed.join(', ')})`, 1, {
    given: name,
    known: all,
  });
}

function aLimit(name: Limit, help: string): Property {
  return {
    help,
    check(value) {
      if (parseLimit(value) !== undefined) return;
      throw new Failure(`Invalid ${name} "${printable(value)}": must be a positive integer`);
    },
    isLimit: true,
  };
}

function onOrOff(name: string): Pick<Property, 'check' | 'values'> {
  return {
    check(value) {
      if (value !== 'on' && value !== 'off')
        throw new Failure(`Invalid ${name} "${printable(value)}": must be on or off`);
    },
    values: ['on', 'off'],
  };
}

/** Reads a value from stdin, so that a secret is not in a command line, which every user of the host can read. */
async function readSecret(output: Output, name: string): Promise<string> {
  const { readStdin } = await import('./shared/readStdin');
  const text = (await readStdin(output, name)).replace(/\n$/, '');
  if (text === '') throw new Failure(`There was no ${name} on stdin`);
  return text;
}
