import { flagsByWords } from './completion-bash.ts'
import type { CompletionPlace } from './completion-tree.ts'

/** The same tables and the same walk as in bash. */
export function fishCompletion(command: string, places: readonly CompletionPlace[]): string {
  return `# Completion of ${command} for fish. In ~/.config/fish/config.fish: ${command} completion fish | source

function __${command}_place
    set -g __${command}_words
    set -g __${command}_behind 0
    set -g __${command}_flags
    set -g __${command}_valued
    switch "$argv[1]"
${places.map((place) => placeCase(command, place)).join('\n')}
    end
end

function __${command}_values
    switch "$argv[1]"
${[...flagsByWords(places)].map(valueCase).join('\n')}
    end
end

function __${command}_complete
    set -l place ''
    set -l flag ''
    set -l seen 0
    set -l tokens (commandline -opc)
    __${command}_place ''
    for word in $tokens[2..-1]
        if test -n "$flag"
            set flag ''
        else if string match -q -- '-*' $word
            contains -- $word $__${command}_valued; and set flag $word
        else if test $seen -eq $__${command}_behind; and contains -- $word $__${command}_words
            set place (string trim -- "$place $word")
            set seen 0
            __${command}_place $place
        else
            set seen (math $seen + 1)
        end
    end
    if test -n "$flag"
        __${command}_values "$place $flag"
    else if string match -q -- '-*' (commandline -ct)
        printf '%s\\n' $__${command}_flags
    else if test $seen -eq $__${command}_behind
        printf '%s\\n' $__${command}_words
    end
end

complete -c ${command} -f -a '(__${command}_complete)'
complete -c ${command} -n '__fish_seen_subcommand_from serve populate' -F
`
}

function placeCase(command: string, { path, words, behind, flags }: CompletionPlace): string {
  const valued = flags.filter((flag) => flag.valued).flatMap(({ names }) => names)
  return `        case '${path}'
            set __${command}_words ${words.join(' ')}
            set __${command}_behind ${behind}
            set __${command}_flags ${flags.map(({ names }) => names.at(-1)).join(' ')}
            set __${command}_valued ${valued.join(' ')}`
}

function valueCase([words, keys]: readonly [string, readonly string[]]): string {
  return `        case ${keys.map((key) => `'${key.trim()}'`).join(' ')}
            printf '%s\\n' ${words}`
}
