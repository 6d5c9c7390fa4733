import type { Argument, Flag } from '../commands/definition/command';
import { flagsOf } from '../commands/definition/usage';
import type { NamedCommand } from '../commands/programs';

/** Completion of dokku-builds(1) for bash 4 and later, made from the definitions of all commands. */
export function bashCompletion(commands: readonly NamedCommand[]): string {
  const flags = commands.map(({ name, command }) => [name, flagsOf(command, true)] as const);
  const values = flags.flatMap(([name, ofCommand]) =>
    ofCommand.flatMap(([flag, definition]) =>
      definition.kind === 'switch' ? [] : [[`${name} --${flag}`, wordsOfFlag(definition)] as const],
    ),
  );
  const args = commands.map(({ name, command }) => [name, Object.values(command.args).flatMap(wordsOf)] as const);
  const instead = commands.flatMap(({ command }) => Object.values(command.args).flatMap(switchOf));
  return [
    '# bash completion for dokku-builds(1), made by the build from the definitions of its commands',
    '# shellcheck shell=bash',
    '',
    `_dokku_builds_commands='${commands.map(({ name }) => name).join(' ')}'`,
    '',
    ...lookup(
      '_dokku_builds_flags',
      'COMMAND: its flags',
      flags.map(([name, ofCommand]) => [name, ofCommand.map(([flag]) => `--${flag}`)]),
    ),
    ...lookup('_dokku_builds_values', 'COMMAND FLAG: what the flag may be; ? for any word', values),
    ...lookup('_dokku_builds_arguments', 'COMMAND: what its arguments are, in order', args),
    program([...new Set(instead)]),
  ].join('\n');
}

/** What the value of a flag may be: words, `?build`, `?file`, or `?` for anything. */
function wordsOfFlag({ choices, completes }: Exclude<Flag, { kind: 'switch' }>): readonly string[] {
  return choices ?? [completes === undefined ? '?' : `?${completes}`];
}

/** What can stand for an argument: `?app`, `?build`, or words with `|` between. */
function wordsOf(argument: Argument): string[] {
  switch (argument.kind) {
    case 'app':
      return ['?app'];
    case 'rest':
      return [];
    case 'word':
      if (argument.choices !== undefined) return [Object.keys(argument.choices).join('|')];
      return argument.completes === undefined ? [] : [`?${argument.completes}`];
  }
}

/** The switch that stands in place of an argument. */
function switchOf(argument: Argument): string[] {
  return argument.kind === 'app' && argument.unless !== undefined ? [`--${argument.unless}`] : [];
}

function lookup(name: string, meaning: string, table: readonly (readonly [string, readonly string[]])[]): string[] {
  const cases = table
    .filter(([, words]) => words.length > 0)
    .map(([key, words]) => `    '${key}') echo '${words.join(' ')}' ;;`);
  return [`# ${name} ${meaning}`, `${name}() {`, '  case "$*" in', ...cases, '  esac', '}', ''];
}

function program(instead: readonly string[]): string {
  const isInstead = instead.map((flag) => `$word == ${flag}`).join(' || ');
  return `_dokku_builds_apps() {
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

# _dokku_builds_candidates APP WORD...: what each word stands for
_dokku_builds_candidates() {
  local app=$1 word
  shift
  for word in "$@"; do
    case $word in
      \\?app) _dokku_builds_apps ;;
      \\?build) echo last last-failed current; _dokku_builds_builds "$app" ;;
      \\?file) compgen -f -- "$current" ;;
      \\?*) ;;
      *) echo "$word" ;;
    esac
  done
}

_dokku_builds() {
  local words current previous command='' arguments=() word i place=() before values app
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
    elif [[ ${isInstead} ]]; then
      arguments+=("$word") # in the place of an app
    elif [[ $word != -* && -z "$(_dokku_builds_values "$command" "\${words[i - 1]}")" ]]; then
      arguments+=("$word")
    fi
  done
  app=\${arguments[0]:-}

  if [[ -z $command ]]; then
    place=("$_dokku_builds_commands")
    [[ $current != builds:* ]] || place=("builds:\${_dokku_builds_commands// / builds:}")
  elif [[ $current == --*=* ]]; then
    values=$(_dokku_builds_values "$command" "\${current%%=*}")
    current=\${current#*=}
    place=("$values")
  else
    values=$(_dokku_builds_values "$command" "$previous")
    if [[ -n $values ]]; then
      place=("$values")
    elif [[ $current == -* ]]; then
      place=("$(_dokku_builds_flags "$command")")
    else
      read -ra place <<<"$(_dokku_builds_arguments "$command")"
      place=("\${place[\${#arguments[@]}]:-}")
    fi
  fi

  read -ra place <<<"\${place[0]//|/ }"
  while IFS= read -r word; do
    COMPREPLY+=("$word")
  done < <(compgen -W "$(_dokku_builds_candidates "$app" "\${place[@]}")" -- "$current")
  if [[ $current == *:* && $COMP_WORDBREAKS == *:* ]]; then
    before=\${current%"\${current##*:}"}
    COMPREPLY=("\${COMPREPLY[@]#"$before"}")
  fi
}
complete -F _dokku_builds dokku-builds
`;
}
