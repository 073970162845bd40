export function GettingStarted() {
  return (
    <section class="start">
      <h1>Nothing has arrived yet</h1>
      <p>Start a service with its traces sent here, then use it. The page follows by itself.</p>
      <pre>
        <code>{`npm install foreshock
export OTEL_EXPORTER_OTLP_ENDPOINT=${location.origin}
node --require foreshock/register server.js`}</code>
      </pre>
      <p>
        Any OpenTelemetry SDK can send here over OTLP and HTTP (protobuf or JSON), a Zipkin exporter to{' '}
        <code>{location.origin}/api/v2/spans</code>. Or drop a file of traces on this page.
      </p>
    </section>
  );
}
