const SQS = "com.amazonaws.sqs#";
const CORAL = "com.amazon.coral.service#";
const LEGACY = "AWS.SimpleQueueService.";

type Fault = readonly [type: string, code: string, status?: number];

/** The refusals of SQS: how each is named on the wire in JSON, and its older code in the header that the SDKs still read. */
const FAULTS = {
  QueueDoesNotExist: [`${SQS}QueueDoesNotExist`, `${LEGACY}NonExistentQueue`],
  QueueNameExists: [`${SQS}QueueNameExists`, "QueueAlreadyExists"],
  ReceiptHandleIsInvalid: [`${SQS}ReceiptHandleIsInvalid`, "ReceiptHandleIsInvalid", 404],
  MessageNotInflight: [`${SQS}MessageNotInflight`, `${LEGACY}MessageNotInflight`],
  InvalidMessageContents: [`${SQS}InvalidMessageContents`, "InvalidMessageContents"],
  InvalidAttributeName: [`${SQS}InvalidAttributeName`, "InvalidAttributeName"],
  InvalidAttributeValue: [`${SQS}InvalidAttributeValue`, "InvalidAttributeValue"],
  EmptyBatchRequest: [`${SQS}EmptyBatchRequest`, `${LEGACY}EmptyBatchRequest`],
  TooManyEntriesInBatchRequest: [
    `${SQS}TooManyEntriesInBatchRequest`,
    `${LEGACY}TooManyEntriesInBatchRequest`,
  ],
  BatchEntryIdsNotDistinct: [`${SQS}BatchEntryIdsNotDistinct`, `${LEGACY}BatchEntryIdsNotDistinct`],
  InvalidBatchEntryId: [`${SQS}InvalidBatchEntryId`, `${LEGACY}InvalidBatchEntryId`],
  BatchRequestTooLong: [`${SQS}BatchRequestTooLong`, `${LEGACY}BatchRequestTooLong`],
  InvalidParameterValue: [`${CORAL}InvalidParameterValueException`, "InvalidParameterValue"],
  MissingParameter: [`${CORAL}MissingRequiredParameterException`, "MissingParameter"],
  InvalidAction: [`${CORAL}UnknownOperationException`, "InvalidAction"],
  Serialization: [`${CORAL}SerializationException`, "MalformedInput"],
  RequestTooLarge: [`${CORAL}RequestEntityTooLargeException`, "RequestEntityTooLarge", 413],
  InternalError: [`${CORAL}InternalFailure`, "InternalError", 500],
  ServiceUnavailable: [`${CORAL}ServiceUnavailable`, "ServiceUnavailable", 503],
} as const satisfies { readonly [name: string]: Fault };

export class SqsFault extends Error {
  override readonly name = "SqsFault";
  readonly type: string;
  readonly code: string;
  readonly status: number;

  constructor(fault: keyof typeof FAULTS, message: string) {
    super(message);
    const [type, code, status = 400]: Fault = FAULTS[fault];
    this.type = type;
    this.code = code;
    this.status = status;
  }

  get isSenders(): boolean {
    return this.status < 500;
  }
}

export function invalidParameter(name: string, value: unknown, reason: string): SqsFault {
  const message = `Value ${String(value)} for parameter ${name} is invalid. Reason: ${reason}`;
  return new SqsFault("InvalidParameterValue", message);
}
