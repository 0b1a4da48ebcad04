/** The rooms in which a mistake costs money, and the tests that must notice one there. */
export const ROOMS = {
  money: { tests: ["money"] },
  wallet: { tests: ["wallet"] },
  matching: { tests: ["matching"] },
  journal: { tests: ["journal"] },
  matcher: { tests: ["matcher"] },
} as const satisfies { readonly [room: string]: { readonly tests: readonly string[] } };

export type Room = keyof typeof ROOMS;

export function isRoom(name: string): name is Room {
  return Object.hasOwn(ROOMS, name);
}
