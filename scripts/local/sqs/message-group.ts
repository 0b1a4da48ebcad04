import type { StoredMessage } from "./message.ts";

/** The sequence numbers of one message group, oldest first. Only the head is ever received, so removals are near the head. */
export class MessageGroup {
  #items: string[] = [];
  #head = 0;

  get size(): number {
    return this.#items.length - this.#head;
  }

  /** Position 0 is the oldest. */
  at(position: number): string {
    const sequenceNumber = this.#items[this.#head + position];
    if (sequenceNumber === undefined)
      throw new RangeError(`no message at position ${position} of ${this.size}`);
    return sequenceNumber;
  }

  push(sequenceNumber: string): void {
    this.#items.push(sequenceNumber);
  }

  remove(sequenceNumber: string): void {
    const index = this.#items.indexOf(sequenceNumber, this.#head);
    if (index === -1) throw new Error(`message ${sequenceNumber} is not in its group`);
    this.#items.copyWithin(this.#head + 1, this.#head, index);
    this.#head += 1;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
  }

  /**
   * When the group may be received from: not before its last message in flight is visible again, nor before the delay of its
   * first. What was ever received stands before all that never was, because a group is received from its head without gaps.
   */
  opensAtMs(lookUp: (sequenceNumber: string) => StoredMessage): number {
    let opensAtMs = 0;
    for (let position = 0; position < this.size; position += 1) {
      const message = lookUp(this.at(position));
      if (position > 0 && message.receiveCount === 0) break;
      opensAtMs = Math.max(opensAtMs, message.visibleAtMs);
    }
    return opensAtMs;
  }
}
