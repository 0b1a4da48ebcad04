import { describe, expect, it } from "vitest";
import { ROUTES } from "../../../lib/contract/routes.ts";
import {
  type JsonObject,
  listFrom,
  loadConfiguration,
  objectFrom,
} from "../../../scripts/local/configuration.ts";

const { functions, resources } = loadConfiguration("dev");
const roles = Object.entries(resources).filter(([, { Type }]) => Type === "AWS::IAM::Role");

function statementsOf(role: string): readonly JsonObject[] {
  const policies = listFrom(resources[role]?.Properties.Policies).map(objectFrom);
  return policies.flatMap((policy) => listFrom(objectFrom(policy.PolicyDocument).Statement).map(objectFrom));
}

function actionsOf(role: string): readonly string[] {
  return statementsOf(role).flatMap(({ Action }) => listFrom(Action).map(String));
}

function roleOf(key: string): string {
  return functions[key]?.role ?? "";
}

describe("roles > least privilege", () => {
  it("gives every function a role that exists, and has none to spare", () => {
    const used = new Set(Object.values(functions).map(({ role }) => role));
    expect([...used].toSorted()).toEqual(roles.map(([id]) => id).toSorted());
  });

  for (const [id] of roles) {
    it(`gives ${id} no wildcard of actions, and no resource of everything`, () => {
      for (const { Effect, Action, Resource } of statementsOf(id)) {
        expect(Effect).toBe("Allow");
        for (const action of listFrom(Action)) expect(action).not.toContain("*");
        for (const resource of listFrom(Resource)) expect(resource).not.toBe("*");
      }
    });
  }

  it("lets only login and refresh read the private key", () => {
    const signers = Object.keys(functions).filter((key) =>
      actionsOf(roleOf(key)).includes("ssm:GetParameter"),
    );
    expect(signers.toSorted()).toEqual(["authLogin", "authRefresh"]);
    const told = Object.entries(functions).filter(
      ([, { environment }]) => environment.JWT_PRIVATE_KEY_PARAMETER !== undefined,
    );
    expect(told.map(([key]) => key).toSorted()).toEqual(signers.toSorted());
  });

  it("lets what strangers may call write no audit records", () => {
    const open = Object.values(ROUTES)
      .flat()
      .filter(({ auth }) => auth === "none")
      .map(({ method, path }) => `${method} ${path}`);
    const strangers = Object.values(functions).filter(({ events }) =>
      events.some(({ httpApi }) => open.includes(String(httpApi))),
    );
    expect(strangers.length).toBeGreaterThan(5);
    for (const { name, role } of strangers)
      expect(JSON.stringify(statementsOf(role)), name).not.toContain("dev-audit");
  });

  it("lets nobody change or delete the audit trail", () => {
    for (const [id] of roles) {
      const onAudit = statementsOf(id).filter(({ Resource }) =>
        JSON.stringify(Resource).includes("dev-audit"),
      );
      const changes = onAudit
        .flatMap(({ Action }) => listFrom(Action))
        .filter((action) => /Update|Delete/.test(String(action)));
      expect(changes, id).toEqual([]);
    }
  });

  it("lets only matchers add entries to the journal, and nobody change or delete one", () => {
    const onJournal = roles.flatMap(([id]) =>
      statementsOf(id)
        .filter(({ Resource }) => JSON.stringify(Resource).includes('/cex-pilot-dev-journal"'))
        .map((statement) => ({ id, actions: listFrom(statement.Action), condition: statement.Condition })),
    );
    const adders = onJournal.filter(({ actions }) => actions.includes("dynamodb:PutItem"));
    expect(adders.map(({ id }) => id)).toEqual(["MatcherRole"]);
    for (const { actions, condition } of onJournal) {
      expect(actions).not.toContain("dynamodb:UpdateItem");
      if (!actions.includes("dynamodb:DeleteItem") && !actions.includes("dynamodb:BatchWriteItem")) continue;
      expect(condition).toEqual({ "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["*#SNAPSHOT*"] } });
    }
  });

  it("lets only the projector, which knows the watermarks, drop snapshots", () => {
    const droppers = roles.filter(([id]) =>
      statementsOf(id).some(
        ({ Resource, Action }) =>
          JSON.stringify(Resource).includes("dev-journal") &&
          listFrom(Action).includes("dynamodb:DeleteItem"),
      ),
    );
    expect(droppers.map(([id]) => id)).toEqual(["ProjectorRole"]);
  });

  it("lets readers of public data read nothing private", () => {
    const tables = JSON.stringify(statementsOf("MarketReadersRole"));
    expect(tables).toContain("dev-market-data");
    for (const table of ["users", "wallets", "orders", "requests", "audit"])
      expect(tables).not.toContain(`dev-${table}`);
  });
});
