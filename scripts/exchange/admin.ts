import { ExchangeClient } from "./client.ts";
import type { HttpOptions } from "./http.ts";

/** Logs in as the admin whom the local stack creates, from the same variables and with the same defaults. */
export async function loginAdmin(options: HttpOptions): Promise<ExchangeClient> {
  const admin = new ExchangeClient(options);
  const email = process.env.ADMIN_EMAIL ?? "admin@example.com";
  await admin.login(email, process.env.ADMIN_PASSWORD ?? "local-admin-password-1");
  return admin;
}
