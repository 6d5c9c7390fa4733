import { detailsOf, usageOf } from '../commands/definition/usage';
import type { NamedCommand } from '../commands/programs';
import { OUTCOMES_HELP } from '../commands/shared/outcome';
import { watchKeys } from '../commands/watch/watchKeys';

/** The manual page dokku-builds(1) in man(7) markup, made from the definitions of all commands. */
export function manPage(version: string, commands: readonly NamedCommand[]): string {
  const isForHost = ({ name }: NamedCommand): boolean => name.startsWith('host:');
  return [
    `.TH DOKKU\\-BUILDS 1 "" "dokku\\-builds ${roff(version)}" "User Commands"`,
    '.SH NAME',
    'dokku\\-builds \\- event\\-sourced build tracking for Dokku',
    '.SH SYNOPSIS',
    '.B dokku\\-builds',
    '.I command',
    '.RI [ arguments ]',
    '.br',
    '.B dokku builds:\\fIcommand\\fP',
    '.RI [ arguments ]',
    '.SH DESCRIPTION',
    'Every deploy is recorded as events in a journal, one for each app. All output is computed from these journals.',
    'The same commands work as',
    '.B dokku builds:\\fIcommand\\fP',
    'where the plugin is installed in place of the stock one.',
    'The exit status is 20 if the app does not exist, or if the caller may not see it.',
    '.SH COMMANDS',
    ...commands.filter((one) => !isForHost(one)).flatMap(paragraph),
    '.SH COMMANDS FOR THE HOST',
    'To be run as root, as',
    '.B dokku\\-builds host:\\fIcommand\\fP\\fR.',
    ...commands.filter(isForHost).flatMap(paragraph),
    '.SH KEYS OF WATCH',
    ...Object.entries(watchKeys).flatMap(([where, keys]) => [
      `.SS ${where}`,
      ...keys.flatMap((key) => tagged(key.keys, `${capitalized(key.does)}.`)),
    ]),
    '.SH EXIT STATUS',
    ...tagged('0', 'Success.'),
    ...tagged('1', 'Failure, with a sentence on standard error that says what to do.'),
    ...tagged('20', 'The app does not exist.'),
    '.PP',
    '.B wait',
    'and',
    '.B output \\-\\-exit\\-status',
    `exit with the outcome of the build: ${OUTCOMES_HELP}.`,
    '.PP',
    '.B capture',
    'exits with the status of the command that it runs.',
    '.SH ENVIRONMENT',
    ...tagged('DOKKU_ROOT', 'Where the apps are; /home/dokku.'),
    ...tagged('DOKKU_LIB_ROOT', 'Where Dokku keeps data and properties; /var/lib/dokku.'),
    ...tagged('PLUGIN_PATH', 'Where plugins are; $DOKKU_LIB_ROOT/plugins.'),
    ...tagged('DOKKU_QUIET_OUTPUT', 'No headers, as dokku --quiet sets it.'),
    ...tagged('DOKKU_TRACE', 'Failures show where they come from, as dokku --trace sets it.'),
    '.SH FILES',
    ...tagged('$DOKKU_LIB_ROOT/data/builds/<app>/events.journal', 'The history of an app. Append only.'),
    ...tagged('$DOKKU_LIB_ROOT/data/builds/<app>/<build-id>.json', 'The record of a build, made from the journal.'),
    ...tagged('$DOKKU_LIB_ROOT/data/builds/<app>/<build-id>.log', 'Its output.'),
    ...tagged('$DOKKU_LIB_ROOT/config/builds/<app>', 'Properties, one file each; those of all apps in --global.'),
    '.SH SEE ALSO',
    'docs/operations.md and docs/troubleshooting.md of the package.',
    '',
  ].join('\n');
}

function paragraph({ name, command }: NamedCommand): string[] {
  const usage = usageOf(command, true);
  const details = detailsOf(command, true).flatMap(([shown, help]) => tagged(shown, `${help}.`));
  const example = `dokku-builds ${name} ${command.example}`.trimEnd();
  return [
    '.TP',
    `.B ${roff(name)}${usage === '' ? '' : ` \\fR${roff(usage)}\\fP`}`,
    `${roff(command.description)}.`,
    ...(command.programOnly ? [`Not through dokku: only as dokku-builds ${name}.`] : []),
    '.RS',
    ...details,
    ...(command.more ?? []).flatMap((line) => ['.PP', roff(line)]),
    '.PP',
    `Example: \\fB${roff(example)}\\fP`,
    '.RE',
  ];
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function tagged(tag: string, text: string): string[] {
  return ['.TP', `.B ${roff(tag)}`, roff(text)];
}

/** `text` as it is to be read: no escape, no hyphen that breaks, no request at the start of a line. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(NOT_ASCII, (character) => `\\[u${hex(character)}]`) // roff(7) reads ASCII
    .replace(/^([.'])/, '\\&$1');
}

const NOT_ASCII = /[^ -~\n]/gu;

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
}
