import { type CommandEntry, commandTable } from '../commands/commandTable';
import { hostCommandTable } from '../commands/host/hostCommandTable';
import { eventTypes, sources } from '../journal/events';
import { displayStatuses } from '../projections/records/record';
import { reportFlags } from '../projections/lists/reportView';

/** What the table has a letter for. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  status: displayStatuses,
  type: eventTypes,
  source: Object.keys(sources),
};

/** Completion of dokku-builds(1) for bash 4 and later, made of the table that makes the help. */
export function bashCompletion(): string {
  const entries: readonly CommandEntry[] = [...commandTable, ...hostCommandTable];
  const flags = entries.map((entry) => [entry.name, flagsOf(entry).map(({ flag }) => `--${flag}`)] as const);
  const values = entries.flatMap((entry) =>
    flagsOf(entry)
      .filter(({ choices }) => choices.length > 0)
      .map(({ flag, choices }) => [`${entry.name} --${flag}`, choices] as const),
  );
  const positionals = entries.map((entry) => [entry.name, positionalsOf(entry)] as const);
  return [
    '# bash completion for dokku-builds(1), made by the build from the table of its commands',
    '# shellcheck shell=bash',
    '',
    `_dokku_builds_commands='${entries.map(({ name }) => name).join(' ')}'`,
    '',
    ...lookup('_dokku_builds_flags', 'COMMAND: its flags', flags),
    ...lookup('_dokku_builds_values', 'COMMAND FLAG: what the flag may be', values),
    ...lookup('_dokku_builds_positionals', 'COMMAND: what its arguments are, in order', positionals),
    PROGRAM,
  ].join('\n');
}

interface Flag {
  readonly flag: string;
  readonly choices: readonly string[];
}

/** The flags in the usage of a command, and what each may be where that is a few words. */
function flagsOf({ name, args }: CommandEntry): Flag[] {
  const found = [...args.matchAll(/--([a-z-]+)(?: ([^\s[\]|-][^\s\]]*))?/g)].map(([, flag = '', value = '']) => ({
    flag,
    choices: VALUES[flag] ?? (/^[a-z]+(\|[a-z]+)+$/.test(value) ? value.split('|') : []),
  }));
  return name === 'report' ? [...found, ...reportFlags.map((flag) => ({ flag, choices: [] }))] : found;
}

/** What can stand in the place of each argument that is no flag: `app`, `build`, or words. */
function positionalsOf({ args }: CommandEntry): string[] {
  const [before = ''] = args.split(' -- ');
  const without = before.replace(/\[--(?![^\]]*<app>)[^\]]*\]/g, ' ').replace(/[[\]]/g, ' ');
  return without
    .split(/\s+/)
    .filter((part) => part !== '')
    .map((part) => {
      const words = part.split('|').filter((word) => !word.startsWith('--'));
      const named = words.map((word) =>
        word === '<app>' ? 'app' : ['<build-id>', 'current'].includes(word) ? 'build' : word,
      );
      return [...new Set(named)].join('|');
    })
    .filter((part) => !/^<.*>$/.test(part) && part !== '');
}

function lookup(name: string, meaning: string, table: readonly (readonly [string, readonly string[]])[]): string[] {
  const cases = table
    .filter(([, words]) => words.length > 0)
    .map(([key, words]) => `    '${key}') echo '${words.join(' ')}' ;;`);
  return [`# ${name} ${meaning}`, `${name}() {`, '  case "$*" in', ...cases, '  esac', '}', ''];
}

const PROGRAM = `_dokku_builds_apps() {
  local path
  for path in "\${DOKKU_ROOT:-/home/dokku}"/[a-z0-9]*/; do
    path=\${path%/}
    [[ \${path##*/} =~ ^[a-z0-9][a-z0-9._-]*$ ]] && echo "\${path##*/}"
  done
}

# _dokku_builds_builds APP: the builds that are on record
_dokku_builds_builds() {
  local path
  [[ $1 =~ ^[a-z0-9][a-z0-9._-]*$ ]] || return
  for path in "\${DOKKU_LIB_ROOT:-/var/lib/dokku}/data/builds/$1"/*.json; do
    path=\${path##*/}
    [[ \${path%.json} =~ ^[A-Za-z0-9][A-Za-z0-9_-]*$ ]] && echo "\${path%.json}"
  done
}

_dokku_builds() {
  local words current previous command='' arguments=() word i place candidates='' before
  COMPREPLY=()
  # Readline cuts words at the colons of builds:list and host:status; here they are whole.
  read -ra words <<<"\${COMP_LINE:0:COMP_POINT}"
  [[ "\${COMP_LINE:0:COMP_POINT}" != *[[:space:]] ]] || words+=('')
  current=\${words[\${#words[@]} - 1]}
  previous=\${words[\${#words[@]} - 2]}
  for ((i = 1; i < \${#words[@]} - 1; i++)); do
    word=\${words[i]}
    if [[ -z $command ]]; then
      command=\${word#builds:}
    elif [[ $word == -- ]]; then
      return 0 # what follows is the command that is captured
    elif [[ $word == --global || $word == --all-apps ]]; then
      arguments+=("$word") # in the place of an app
    elif [[ $word != -* && -z "$(_dokku_builds_values "$command" "\${words[i - 1]}")" ]]; then
      arguments+=("$word")
    fi
  done

  if [[ -z $command ]]; then
    candidates=$_dokku_builds_commands
    [[ $current != builds:* ]] || candidates="builds:\${candidates// / builds:}"
  elif [[ $current == --*=* ]]; then
    candidates=$(_dokku_builds_values "$command" "\${current%%=*}")
    current=\${current#*=}
  elif [[ -n "$(_dokku_builds_values "$command" "$previous")" ]]; then
    candidates=$(_dokku_builds_values "$command" "$previous")
  elif [[ $current == -* ]]; then
    candidates=$(_dokku_builds_flags "$command")
  else
    read -ra place <<<"$(_dokku_builds_positionals "$command")"
    for word in $(tr '|' ' ' <<<"\${place[\${#arguments[@]}]:-}"); do
      case $word in
        app) candidates+=" $(_dokku_builds_apps)" ;;
        build) candidates+=" last last-failed current $(_dokku_builds_builds "\${arguments[0]}")" ;;
        *) candidates+=" $word" ;;
      esac
    done
  fi

  while IFS= read -r word; do
    COMPREPLY+=("$word")
  done < <(compgen -W "$candidates" -- "$current")
  if [[ $current == *:* && $COMP_WORDBREAKS == *:* ]]; then
    before=\${current%"\${current##*:}"}
    COMPREPLY=("\${COMPREPLY[@]#"$before"}")
  fi
}
complete -F _dokku_builds dokku-builds
`;
