import { Option } from 'commander'

/** A value that was typed. In a box, because commander makes something else of `null`, which takes a field away. */
export class Given {
  readonly value: unknown

  constructor(value: unknown) {
    this.value = value
  }
}

/** An option of a field: completion offers the `suggestions` as its value. */
export class FieldOption extends Option {
  readonly suggestions: readonly string[]

  /** What was typed is read by `read`, which is also given what the same option said before. */
  reads(read: (typed: string, before: unknown) => unknown): this {
    return this.argParser((typed: string, before: Given | undefined) => new Given(read(typed, before?.value)))
  }

  constructor(flags: string, description: string, suggestions: readonly string[] = []) {
    super(flags, description)
    this.suggestions = suggestions
  }
}
