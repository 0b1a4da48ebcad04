import type { Item } from "../store/store.ts";

/** What money that comes and money that goes have in common. */
export type Movement = {
  readonly id: string;
  readonly userId: string;
  readonly asset: string;
  /** Smallest units. */
  readonly units: bigint;
  readonly createdAtMs: number;
};

export function movementItem({ id, userId, asset, units, createdAtMs }: Movement): Item {
  return { id, userId, asset, units, createdAtMs: BigInt(createdAtMs) };
}

export function movementFrom(item: Item): Movement {
  return {
    id: String(item.id),
    userId: String(item.userId),
    asset: String(item.asset),
    units: item.units as bigint,
    createdAtMs: Number(item.createdAtMs),
  };
}
