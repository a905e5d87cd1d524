# An image with one static binary: no shell, no packages, not root. It is for a configured database
# (DATABASE_URL); the private server of a developer's machine is not in it. It builds with BuildKit and with the
# classic builder, so it has neither mounts nor a syntax line.
ARG GO_IMAGE=golang:1.26

FROM ${GO_IMAGE} AS build
WORKDIR /src
COPY . .
ENV CGO_ENABLED=0
# The exec form needs no shell in GO_IMAGE. Git's data in the context gives the binary its version.
RUN ["go", "build", "-trimpath", "-ldflags=-s -w", "-o", "/out/identikit", "./cmd/identikit"]

FROM scratch
LABEL org.opencontainers.image.title="Identikit" \
      org.opencontainers.image.description="Recognizes one customer behind many e-mail addresses and phone numbers" \
      org.opencontainers.image.source="https://github.com/identikit/identikit" \
      org.opencontainers.image.licenses="MIT"
# For TLS to the database and to a collector of traces.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/identikit /usr/bin/identikit
# In production, DATABASE_URL must be set and requests need an API key.
ENV APP_ENV=production
USER 65532:65532
EXPOSE 3000
HEALTHCHECK --interval=5s --timeout=5s --start-period=30s CMD ["identikit", "health"]
ENTRYPOINT ["identikit"]
CMD ["serve"]
