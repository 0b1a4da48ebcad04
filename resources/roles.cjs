/**
 * One IAM role per kind of access. A line here is the whole truth about what a kind of function may do with which table and queue;
 * transactions need the rights of the writes inside them, and nothing else.
 */
const { arn, indexArn, JOURNAL_STREAM, NAMES, queueArn, tableArn } = require("./arns.cjs");
const { markets } = require("./markets.json");

const SEND = ["SendMessage"];
const DEPTH = ["GetQueueAttributes"];
const CONSUME = ["ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility", "GetQueueAttributes"];

/** Whoever calls with a token is looked up: the session may have ended, the account may be frozen. */
const SIGNED_IN = { users: ["BatchGetItem"] };
/** Actions leave a record; records are added, never changed. */
const AUDITED = { audit: ["PutItem"] };
/** What a client has named is remembered, and forgotten where it came to nothing. */
const NAMED = { requests: ["GetItem", "UpdateItem", "DeleteItem"] };
const ACCOUNTS = ["GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem"];
const MONEY = ["GetItem", "PutItem", "UpdateItem"];
/** Entries and snapshots. */
const JOURNAL = { journal: ["GetItem", "Query"] };

/** Wallets are added up beside the markets' journals; how far that is, and its report, are written down. */
const RECONCILES = {
  wallets: ["BatchGetItem", "Scan"],
  "market-data": ["GetItem", "PutItem", "UpdateItem", "DeleteItem"],
  ...JOURNAL,
};

/**
 * Tables by what may be done with them; `Query live` is a query of the index of that name. `markets` and `failures` are queues; `snapshots` may
 * be written, and by those who know which are needed dropped, which entries of the same journal may not; `privateKey` signs tokens;
 * `stream` is the journal's. tests/scenarios/roles.test.ts compares each with the calls that its functions make: none is missing, none is idle.
 */
const KINDS = {
  Docs: {},
  /** The order book is brought up to the journal's end as it is read. */
  MarketReaders: { tables: { "market-data": ["GetItem", "BatchGetItem", "Query"], ...JOURNAL } },
  AccountReaders: { tables: { users: ["GetItem", "BatchGetItem", "Query"] } },
  Accounts: { tables: { users: ACCOUNTS, ...NAMED } },
  /** What strangers may call leaves security events with the account, and nothing in the audit records. */
  Signers: { tables: { users: [...ACCOUNTS, "Query"] }, privateKey: true },
  TradingReaders: {
    tables: {
      ...SIGNED_IN,
      orders: ["GetItem", "BatchGetItem", "Query", "Query live", "Query pending"],
      "market-data": ["GetItem", "Query"],
    },
  },
  Traders: {
    tables: {
      ...SIGNED_IN,
      requests: [...NAMED.requests, "BatchGetItem"],
      orders: ["GetItem", "BatchGetItem", "PutItem", "UpdateItem"],
      wallets: ["BatchGetItem", "UpdateItem"],
      "market-data": ["BatchGetItem"],
    },
    markets: SEND,
  },
  WalletReaders: { tables: { ...SIGNED_IN, wallets: ["GetItem", "Query"] } },
  Wallets: { tables: { ...SIGNED_IN, ...NAMED, ...AUDITED, wallets: MONEY } },
  AdminReaders: {
    tables: {
      users: ["GetItem", "BatchGetItem", "Query", "Query created"],
      wallets: ["GetItem", "BatchGetItem", "Query withdrawalStatus"],
      "market-data": ["BatchGetItem", "Query"],
      audit: ["Query", "Query actor", "Query user", "Query market", "Query entity"],
    },
    markets: DEPTH,
    failures: DEPTH,
  },
  Reconcilers: {
    tables: {
      ...SIGNED_IN,
      ...RECONCILES,
      ...NAMED,
      "market-data": [...RECONCILES["market-data"], "BatchGetItem"],
    },
    snapshots: ["BatchWriteItem"],
  },
  ReconciliationWorker: { tables: RECONCILES, snapshots: ["BatchWriteItem"] },
  Treasurers: {
    tables: { users: ["GetItem", "BatchGetItem"], ...NAMED, ...AUDITED, wallets: MONEY },
  },
  Supervisors: {
    tables: {
      ...NAMED,
      ...AUDITED,
      users: ["GetItem", "BatchGetItem", "UpdateItem"],
      orders: ["GetItem", "Query", "UpdateItem"],
      wallets: ["GetItem", "Query", "UpdateItem", "ConditionCheckItem"],
      "market-data": ["GetItem", "UpdateItem"],
    },
    markets: SEND,
  },
  Matcher: {
    tables: {
      journal: [...JOURNAL.journal, "PutItem"],
      orders: ["UpdateItem"],
      wallets: ["UpdateItem"],
      "market-data": ["UpdateItem"],
    },
    snapshots: ["BatchWriteItem"],
    markets: CONSUME,
  },
  Projector: {
    tables: { ...JOURNAL, "market-data": ["GetItem", "BatchWriteItem", "PutItem", "UpdateItem"] },
    snapshots: ["BatchWriteItem", "DeleteItem"],
    stream: true,
    failures: SEND,
  },
  Sweeper: {
    tables: {
      orders: ["BatchGetItem", "UpdateItem", "Scan pending"],
      wallets: ["UpdateItem"],
      "market-data": ["GetItem", "Query", "DeleteItem"],
    },
    markets: SEND,
  },
};

function allow(service, actions, resources) {
  return {
    Effect: "Allow",
    Action: [...new Set(actions)].map((action) => `${service}:${action}`),
    Resource: resources,
  };
}

/** One statement for the table, and one for each of its indexes. */
function tableStatements(tables) {
  return Object.entries(tables).flatMap(([table, actions]) => {
    const own = actions.filter((action) => !action.includes(" "));
    const onIndexes = actions.filter((action) => action.includes(" ")).map((action) => action.split(" "));
    return [
      ...(own.length === 0 ? [] : [allow("dynamodb", own, [tableArn(table)])]),
      ...onIndexes.map(([action, index]) => allow("dynamodb", [action], [indexArn(table, index)])),
    ];
  });
}

const MARKET_QUEUES = markets.map(({ market }) => queueArn(market));
const LOG_GROUPS = arn("logs", `log-group:/aws/lambda/${NAMES}-*:*`);
const PRIVATE_KEY = arn("ssm", `parameter/\${self:service}/\${sls:stage}/jwt-private-key`);

function statements(kind) {
  const list = [
    allow("logs", ["CreateLogStream", "PutLogEvents"], [LOG_GROUPS]),
    ...tableStatements(kind.tables ?? {}),
  ];
  if (kind.markets) list.push(allow("sqs", kind.markets, MARKET_QUEUES));
  if (kind.failures)
    list.push(allow("sqs", kind.failures, [{ "Fn::GetAtt": ["ProjectorFailuresQueue", "Arn"] }]));
  if (kind.privateKey) list.push(allow("ssm", ["GetParameter"], [PRIVATE_KEY]));
  if (kind.snapshots) {
    const onlySnapshots = { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["*#SNAPSHOT*"] } };
    list.push({ ...allow("dynamodb", kind.snapshots, [tableArn("journal")]), Condition: onlySnapshots });
  }
  if (kind.stream) {
    list.push(
      allow(
        "dynamodb",
        ["DescribeStream", "GetRecords", "GetShardIterator", "ListStreams"],
        [JOURNAL_STREAM],
      ),
    );
  }
  return list;
}

function role(kind) {
  return {
    Type: "AWS::IAM::Role",
    Properties: {
      AssumeRolePolicyDocument: {
        Version: "2012-10-17",
        Statement: [
          { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" },
        ],
      },
      Policies: [
        { PolicyName: "access", PolicyDocument: { Version: "2012-10-17", Statement: statements(kind) } },
      ],
    },
  };
}

module.exports.roles = {
  Resources: Object.fromEntries(Object.entries(KINDS).map(([name, kind]) => [`${name}Role`, role(kind)])),
};
