/** What serverless.yml and resources give to functions, in gigabytes, by which their time is paid for. */
export const MEMORY_GB = { api: 0.5, matcher: 1769 / 1024, projector: 1 } as const;
