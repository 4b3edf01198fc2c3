# Images: generator, trainer, trainer-gpu, trainer-gpu-tensorflow, gateway.   docker build --target generator .
# Packages come from package-lock.json alone; what a service does not run is left behind in the stages that build it.
ARG NODE_IMAGE=docker.io/library/node:24-bookworm-slim
ARG GATEWAY_IMAGE=docker.io/library/debian:bookworm-slim
# ONNX Runtime's CUDA provider wants CUDA 12 and cuDNN 9, the TensorFlow in tfjs-node-gpu CUDA 11 and cuDNN 8.
ARG CUDA_IMAGE=docker.io/nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04
ARG CUDA_11_IMAGE=docker.io/nvidia/cuda:11.8.0-cudnn8-runtime-ubuntu22.04
ARG NODE_22_IMAGE=docker.io/library/node:22-bookworm-slim

FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --include=dev --include=optional --no-audit --no-fund --loglevel=error \
 && npm cache clean --force --loglevel=error

FROM packages AS build
COPY . .
RUN node scripts/build.mjs

# What the services need of the packages: not the tools, not the PostgreSQL of "npm start", not the files of other
# platforms, databases and compilers. TensorFlow.js is the trainer's alone.
FROM packages AS service-packages
RUN npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error \
 && cd node_modules \
 && find onnxruntime-node/bin -mindepth 3 -maxdepth 3 -type d ! -path "*/linux/$(node -p process.arch)" -exec rm -r {} + \
 && find @prisma/client/runtime -name '*_compiler_*' ! -name '*fast_bg.postgresql*' -delete \
 && find . -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' -o -name '*.tsbuildinfo' \) -delete \
 && mkdir /trainer-packages && mv @tensorflow /trainer-packages/

FROM ${NODE_IMAGE} AS service
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends tini >/dev/null && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
 && install -d -o node -g node /data /data/artifacts /data/cache
WORKDIR /app
COPY --from=service-packages /app/node_modules ./node_modules
COPY --from=build /app/package.json ./
COPY --from=build /app/prisma/migrations ./prisma/migrations
COPY --from=build /app/scripts/check-health.mjs ./scripts/
COPY --from=build /app/dist ./dist
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps DATA_DIR=/data
USER node
ENTRYPOINT ["/usr/bin/tini", "--"]

FROM service AS trainer
COPY --from=service-packages /trainer-packages/@tensorflow ./node_modules/@tensorflow
ENV TRAINER_HOST=0.0.0.0 TRAINER_PORT=4100
EXPOSE 4100
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
  CMD ["node", "scripts/check-health.mjs", "4100"]
CMD ["node", "dist/apps/trainer/src/main.js"]

# The CUDA provider of ONNX Runtime, which its install script downloads. WebGPU, in the package, needs Vulkan from the driver.
FROM ${CUDA_IMAGE} AS trainer-gpu
COPY --from=service /usr/local/bin/node /usr/local/bin/node
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends tini ca-certificates libvulkan1 >/dev/null && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
 && install -d -o 1000 -g 1000 /data /data/artifacts /data/cache
WORKDIR /app
COPY --from=trainer /app ./
RUN ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js \
 && rm -f node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_tensorrt.so
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps DATA_DIR=/data TRAINER_HOST=0.0.0.0 TRAINER_PORT=4100 \
    NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility,graphics
USER 1000:1000
EXPOSE 4100
ENTRYPOINT ["/usr/bin/tini", "--"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
  CMD ["node", "scripts/check-health.mjs", "4100"]
CMD ["node", "dist/apps/trainer/src/main.js"]

# The same with TensorFlow's own CUDA library, which runs on Node.js 22 or older. It goes into the same folder, so that it
# registers itself with the TensorFlow.js that the trainer uses; its install script downloads the library.
FROM ${NODE_22_IMAGE} AS tensorflow-packages
WORKDIR /app
COPY --from=packages /app/package-lock.json /app/.npmrc ./
COPY --from=trainer /app ./
RUN npm install --no-save --omit=dev --omit=optional --ignore-scripts=false --no-audit --no-fund --loglevel=error @tensorflow/tfjs-node-gpu@4.22.0

FROM ${CUDA_11_IMAGE} AS trainer-gpu-tensorflow
COPY --from=tensorflow-packages /usr/local/bin/node /usr/local/bin/node
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends tini ca-certificates >/dev/null && rm -rf /var/lib/apt/lists/* /var/cache/apt/* \
 && install -d -o 1000 -g 1000 /data /data/artifacts /data/cache
WORKDIR /app
COPY --from=tensorflow-packages /app ./
ENV NODE_ENV=production NODE_OPTIONS=--enable-source-maps DATA_DIR=/data TRAINER_HOST=0.0.0.0 TRAINER_PORT=4100 ENGINE=tensorflow \
    NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 1000:1000
EXPOSE 4100
ENTRYPOINT ["/usr/bin/tini", "--"]
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
  CMD ["node", "scripts/check-health.mjs", "4100"]
CMD ["node", "dist/apps/trainer/src/main.js"]

# One address for any number of generators: asks each whether it is ready, and finds new ones by their name.
FROM ${GATEWAY_IMAGE} AS gateway
RUN apt-get update -qq && apt-get install -y -qq --no-install-recommends haproxy >/dev/null && rm -rf /var/lib/apt/lists/* /var/cache/apt/*
COPY deploy/gateway/haproxy.cfg /etc/haproxy/haproxy.cfg
USER haproxy
EXPOSE 4000 4100
# That it takes connections. Whether there is somebody to hand them on to is what it asks the services itself.
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s --retries=3 \
  CMD ["bash", "-c", ": </dev/tcp/127.0.0.1/4000 && : </dev/tcp/127.0.0.1/4100"]
ENTRYPOINT ["haproxy"]
CMD ["-W", "-db", "-f", "/etc/haproxy/haproxy.cfg"]

FROM service AS generator
# What GENERATOR_ENVIRONMENT of libs/config says about glibc's memory.
ENV GENERATOR_HOST=0.0.0.0 GENERATOR_PORT=4000 MALLOC_MMAP_THRESHOLD_=33554432 MALLOC_TRIM_THRESHOLD_=268435456
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=6 \
  CMD ["node", "scripts/check-health.mjs", "4000"]
CMD ["node", "--single-threaded-gc", "dist/apps/generator/src/main.js"]
