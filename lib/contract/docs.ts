import { z } from "zod";
import { route } from "./route.ts";

export const getOpenApi = route({
  id: "getOpenApi",
  method: "GET",
  path: "/api/openapi.json",
  auth: "none",
  summary: "This description",
  answers: { 200: z.record(z.string(), z.unknown()) },
  refusals: [],
});
