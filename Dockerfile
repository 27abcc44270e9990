# syntax=docker/dockerfile:1
# Build:  docker build -t rampart:0.1.0 .
# Bases are exact versions by build argument; give one with its digest (image@sha256:...) to pin it further.
ARG NODE_IMAGE=node:26.10.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json ./
COPY tools ./tools
COPY src ./src
RUN node_modules/.bin/node tools/build.ts

FROM ${NODE_IMAGE}
# npm and its kind have no business in production; dumb-init reaps children and passes signals on, which node as PID 1 does not.
RUN apt-get update \
 && apt-get install -y --no-install-recommends dumb-init ca-certificates \
 && rm -rf /var/lib/apt/lists/* /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /opt/yarn-*
LABEL org.opencontainers.image.title="rampart" \
      org.opencontainers.image.description="Progressive delivery for Kubernetes" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /src/dist/rampart.js /app/rampart.js
COPY LICENSE /app/LICENSE
USER 65532:65532
EXPOSE 8080 8090
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["dumb-init", "--", "node", "/app/rampart.js"]
CMD ["controller"]
