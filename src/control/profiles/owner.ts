/** Who has put something there, where it was a profile. */
export function ownerOf(profile: string): string {
  return `profile:${profile}`
}

export function isOfProfile(owner: string): boolean {
  return owner.startsWith(ownerOf(''))
}
