import type { CompletionPlace } from './completion-tree.ts'

/**
 * Two tables (places of the command line, values of flags) and the walk over the words that looks things up in them. The tables are
 * functions, because macOS has a bash without associative arrays.
 */
export function bashCompletion(command: string, places: readonly CompletionPlace[]): string {
  return `# Completion of ${command} for bash. In ~/.bashrc: source <(${command} completion bash)
${script(command, places)}`
}

/** zsh runs what bash runs. */
export function zshCompletion(command: string, places: readonly CompletionPlace[]): string {
  return `# Completion of ${command} for zsh. In ~/.zshrc: source <(${command} completion zsh)
autoload -U +X compinit && compinit -i
autoload -U +X bashcompinit && bashcompinit
${script(command, places)}`
}

function script(command: string, places: readonly CompletionPlace[]): string {
  return `
_${command}_place() {
  words='' behind=0 flags='' valued=''
  case "$1" in
${places.map(placeCase).join('\n')}
  esac
}

_${command}_values() {
  case "$1" in
${valueCases(places).join('\n')}
  esac
}

_${command}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" place='' flag='' skip='' prev='' seen=0 word
  local words behind flags valued candidates=''
  _${command}_place ''
  for word in "\${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}"; do
    if [[ "$word" =~ ^[=:]+$ ]]; then
      # bash takes words apart at these; what follows belongs to what was before.
      skip=1
      [[ "$prev" == "$flag" ]] || flag=''
    elif [[ -n "$skip" ]]; then
      skip=''
    elif [[ "$word" == -* ]]; then
      if [[ "$valued" == *" $word "* ]]; then skip=1 flag="$word"; fi
    elif [[ "$seen" == "$behind" && " $words " == *" $word "* ]]; then
      place="\${place:+$place }$word" seen=0
      _${command}_place "$place"
    else
      seen=$((seen + 1))
    fi
    prev="$word"
  done
  [[ "$cur" == '=' ]] && skip=1 cur=''
  if [[ -n "$skip" ]]; then
    candidates="$(_${command}_values "$place $flag")"
  elif [[ "$cur" == -* ]]; then
    candidates="$flags"
  elif [[ "$seen" == "$behind" ]]; then
    candidates="$words"
  fi
  COMPREPLY=($(compgen -W "$candidates" -- "$cur"))
  # Behind key= comes its value at once; and where nothing is known, it may be a file.
  [[ "\${COMPREPLY[*]}" == *= ]] && compopt -o nospace 2>/dev/null
  [[ -z "$candidates" && ( -n "$skip" || "$place" == populate || "$place" == serve ) ]] && compopt -o default 2>/dev/null
  return 0
}

complete -F _${command} ${command}
`
}

function placeCase({ path, words, behind, flags }: CompletionPlace): string {
  const valued = flags.filter((flag) => flag.valued).flatMap(({ names }) => names)
  const parts = [
    `words='${words.join(' ')}'`,
    ...(behind === 0 ? [] : [`behind=${behind}`]),
    `flags='${flags.map(({ names }) => names.at(-1)).join(' ')}'`,
    `valued=' ${valued.join(' ')} '`,
  ]
  return `  '${path}') ${parts.join(' ')} ;;`
}

/** Flags with the same words share a line. */
function valueCases(places: readonly CompletionPlace[]): readonly string[] {
  return [...flagsByWords(places)].map(
    ([words, keys]) => `  ${keys.map((key) => `'${key}'`).join(' | ')}) echo '${words}' ;;`,
  )
}

/** Words, separated by spaces → `place --flag` of each flag that takes them. */
export function flagsByWords(places: readonly CompletionPlace[]): ReadonlyMap<string, readonly string[]> {
  const byWords = new Map<string, string[]>()
  for (const { path, flags } of places) {
    for (const { names, words } of flags) {
      if (words.length === 0) continue
      const keys = names.map((name) => `${path} ${name}`)
      byWords.set(words.join(' '), [...(byWords.get(words.join(' ')) ?? []), ...keys])
    }
  }
  return byWords
}
