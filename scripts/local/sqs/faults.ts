type Fault = { readonly type: string; readonly code: string; readonly status: number };

function sqs(type: string, code: string, status = 400): Fault {
  return { type: `com.amazonaws.sqs#${type}`, code, status };
}

function coral(type: string, code: string, status = 400): Fault {
  return { type: `com.amazon.coral.service#${type}`, code, status };
}

const LEGACY = "AWS.SimpleQueueService.";

/** The refusals of SQS: how each is named on the wire in JSON, and its older code in the header that the SDKs still read. */
const FAULTS = {
  QueueDoesNotExist: sqs("QueueDoesNotExist", `${LEGACY}NonExistentQueue`),
  QueueNameExists: sqs("QueueNameExists", "QueueAlreadyExists"),
  ReceiptHandleIsInvalid: sqs("ReceiptHandleIsInvalid", "ReceiptHandleIsInvalid", 404),
  MessageNotInflight: sqs("MessageNotInflight", `${LEGACY}MessageNotInflight`),
  InvalidMessageContents: sqs("InvalidMessageContents", "InvalidMessageContents"),
  InvalidAttributeName: sqs("InvalidAttributeName", "InvalidAttributeName"),
  InvalidAttributeValue: sqs("InvalidAttributeValue", "InvalidAttributeValue"),
  EmptyBatchRequest: sqs("EmptyBatchRequest", `${LEGACY}EmptyBatchRequest`),
  TooManyEntriesInBatchRequest: sqs("TooManyEntriesInBatchRequest", `${LEGACY}TooManyEntriesInBatchRequest`),
  BatchEntryIdsNotDistinct: sqs("BatchEntryIdsNotDistinct", `${LEGACY}BatchEntryIdsNotDistinct`),
  InvalidBatchEntryId: sqs("InvalidBatchEntryId", `${LEGACY}InvalidBatchEntryId`),
  BatchRequestTooLong: sqs("BatchRequestTooLong", `${LEGACY}BatchRequestTooLong`),
  InvalidParameterValue: coral("InvalidParameterValueException", "InvalidParameterValue"),
  MissingParameter: coral("MissingRequiredParameterException", "MissingParameter"),
  InvalidAction: coral("UnknownOperationException", "InvalidAction"),
  Serialization: coral("SerializationException", "MalformedInput"),
  RequestTooLarge: coral("RequestEntityTooLargeException", "RequestEntityTooLarge", 413),
  InternalError: coral("InternalFailure", "InternalError", 500),
  ServiceUnavailable: coral("ServiceUnavailable", "ServiceUnavailable", 503),
} as const;

export class SqsFault extends Error {
  override readonly name: string = "SqsFault";
  readonly fault: Fault;

  constructor(fault: keyof typeof FAULTS, message: string) {
    super(message);
    this.fault = FAULTS[fault];
  }

  get senderFault(): boolean {
    return this.fault.status < 500;
  }
}

export function invalidParameter(name: string, value: unknown, reason: string): SqsFault {
  const message = `Value ${String(value)} for parameter ${name} is invalid. Reason: ${reason}`;
  return new SqsFault("InvalidParameterValue", message);
}

export function missingParameter(name: string): SqsFault {
  return new SqsFault("MissingParameter", `The request must contain the parameter ${name}.`);
}
