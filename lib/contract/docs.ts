import * as z from "zod/mini";
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

/** Every call that the API does not have. It is no part of the description. */
export const notFound = route({
  id: "notFound",
  method: "GET",
  path: "/api/",
  auth: "none",
  summary: "What no route answers",
  answers: {},
  refusals: ["NOT_FOUND"],
});
