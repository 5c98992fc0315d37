# syntax=docker/dockerfile:1

# Debian, not Alpine: the Node that the repository pins through npm is linked against glibc.
FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build && npm prune --omit=dev

# What runs is JavaScript only, so the small image does.
FROM node:24-alpine AS runtime
WORKDIR /app
COPY --from=build /build/package.json ./
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
# To activate by name, or to extend: `--profiles /app/profiles`.
COPY profiles ./profiles
ENV NODE_ENV=production LOG_LEVEL=info
USER node
EXPOSE 8474
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --start-interval=1s CMD ["node", "-e", "fetch('http://127.0.0.1:8474/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

# `docker build --target toxiproxy`: takes the arguments that Toxiproxy's image takes, as Testcontainers modules and scripts pass them.
FROM runtime AS toxiproxy
ENTRYPOINT ["node", "dist/toxiproxy-server.js"]
CMD ["-host=0.0.0.0"]

# Node is PID 1 here. The kernel gives PID 1 no default signal actions, but the command installs its own handlers for SIGTERM and SIGINT,
# and it starts no processes that would have to be reaped: no init is needed. (`docker run --init` does no harm.)
# Exec form: with a shell in between the signals would not arrive.
FROM runtime AS foulweather
ENTRYPOINT ["node", "dist/main.js", "serve", "--admin", "0.0.0.0:8474"]
