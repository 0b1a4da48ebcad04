import type { Item, Key } from "../store/store.ts";
import { type Movement, movementFrom, movementItem } from "./movement-item.ts";

/** `reference` is what the deposit is known by outside; it is credited once. */
export type Deposit = Movement & { readonly reference: string };

export function depositKey(userId: string, id: string): Key {
  return { pk: `USER#${userId}`, sk: `DEPOSIT#${id}` };
}

/** Stands for a reference that has been credited, and with what. */
export function referenceKey(reference: string): Key {
  return { pk: `REFERENCE#${reference}`, sk: "REFERENCE" };
}

export function depositItem(deposit: Deposit): Item {
  return { ...movementItem(deposit), reference: deposit.reference };
}

export function depositFrom(item: Item): Deposit {
  return { ...movementFrom(item), reference: String(item.reference) };
}
