import type { Item, Key } from "../store/store.ts";

export type Deposit = {
  readonly id: string;
  readonly userId: string;
  readonly asset: string;
  /** Smallest units. */
  readonly units: bigint;
  /** What it is known by outside; credited once. */
  readonly reference: string;
  readonly createdAtMs: number;
};

export function depositKey(userId: string, id: string): Key {
  return { pk: `USER#${userId}`, sk: `DEPOSIT#${id}` };
}

/** Stands for a reference that has been credited, and with what. */
export function referenceKey(reference: string): Key {
  return { pk: `REFERENCE#${reference}`, sk: "REFERENCE" };
}

export function depositItem(deposit: Deposit): Item {
  const { id, userId, asset, units, reference, createdAtMs } = deposit;
  return { id, userId, asset, units, reference, createdAtMs: BigInt(createdAtMs) };
}

export function depositFrom(item: Item): Deposit {
  return {
    id: String(item.id),
    userId: String(item.userId),
    asset: String(item.asset),
    units: item.units as bigint,
    reference: String(item.reference),
    createdAtMs: Number(item.createdAtMs),
  };
}
