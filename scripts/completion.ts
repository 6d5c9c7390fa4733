/*
 * Completion for shells. The program itself says what a word may become (commands/complete.ts), so these scripts have
 * no list of anything. They complete `dokku-builds` and, on a host, the `builds:*` commands of `dokku`; other commands
 * of dokku are left to its own completion.
 */

/** For bash 4 and later. */
export function bashCompletion(): string {
  return `# bash completion for dokku-builds(1), and for the builds:* commands of dokku on a host
# shellcheck shell=bash

# _dokku_builds_offer VIA: puts into COMPREPLY what the word at the cursor may become
_dokku_builds_offer() {
  local words current line before
  # Readline cuts words at colons and equals signs; here they are whole.
  read -ra words <<<"\${COMP_LINE:0:COMP_POINT}"
  [[ "\${COMP_LINE:0:COMP_POINT}" != *[[:space:]] ]] || words+=('')
  current=\${words[\${#words[@]} - 1]}
  COMPREPLY=()
  while IFS= read -r line; do
    line=\${line%%$'\\t'*}
    if [[ $line == '<file>' ]]; then
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "\${current#--*=}")
      return 0
    fi
    COMPREPLY+=("$line")
  done < <(dokku-builds complete "$1" "\${words[@]:1}" 2>/dev/null)
  before=\${current%"\${current##*[=:]}"}
  if [[ -n $before && $COMP_WORDBREAKS == *"\${before: -1}"* ]]; then
    COMPREPLY=("\${COMPREPLY[@]#"$before"}")
  fi
}

_dokku_builds() {
  _dokku_builds_offer program
}
complete -F _dokku_builds dokku-builds

# What completed dokku before goes on to, but for our commands.
_dokku_builds_before=$(complete -p dokku 2>/dev/null | sed -n 's/.* -F \\([^ ]*\\) .*/\\1/p')
_dokku_builds_of_dokku() {
  COMPREPLY=()
  if [[ "\${COMP_LINE:0:COMP_POINT}" =~ ^[^[:space:]]+[[:space:]]+builds:[a-z]*[[:space:]] ]]; then
    _dokku_builds_offer plugin
  elif [[ -n $_dokku_builds_before ]]; then
    "$_dokku_builds_before" "$@"
  elif [[ "\${COMP_LINE:0:COMP_POINT}" =~ ^[^[:space:]]+[[:space:]]+[^[:space:]]*$ ]]; then
    _dokku_builds_offer plugin
  fi
}
[[ $_dokku_builds_before == _dokku_builds_of_dokku ]] || complete -F _dokku_builds_of_dokku dokku
`;
}

/** For zsh: a file called `_dokku-builds` in a directory of `$fpath`. */
export function zshCompletion(): string {
  return `#compdef dokku-builds dokku
# zsh completion for dokku-builds(1), and for the builds:* commands of dokku on a host

_dokku-builds() {
  local via=program line
  local -a offered
  if [[ \${words[1]:t} == dokku ]]; then
    via=plugin
    if [[ \${words[2]} != builds:* ]] && (( $+functions[_dokku] )); then
      _dokku "$@" # another completion of dokku
      return
    fi
    [[ $CURRENT == 2 || \${words[2]} == builds:* ]] || return 1
  fi
  for line in "\${(@f)$(dokku-builds complete $via "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -z $line ]] || offered+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if [[ $offered == '<file>:'* ]]; then
    _files
  else
    _describe -V 'dokku-builds' offered
  fi
}

_dokku-builds "$@"
`;
}

/** For fish. */
export function fishCompletion(): string {
  return `# fish completion for dokku-builds(1), and for the builds:* commands of dokku on a host

function __dokku_builds_offer
    set -l words (commandline -opc) (commandline -ct)
    set -l offered (dokku-builds complete $argv[1] $words[2..] 2>/dev/null)
    if string match -q -- '<file>*' $offered[1]
        __fish_complete_path (commandline -ct)
    else
        string join \\n -- $offered
    end
end

complete -c dokku-builds -f -a '(__dokku_builds_offer program)'
complete -c dokku -f -n 'string match -q -- "builds:*" (commandline -opc)[2]' -a '(__dokku_builds_offer plugin)'
complete -c dokku -f -n 'test (count (commandline -opc)) -eq 1' -a '(__dokku_builds_offer plugin)'
`;
}
