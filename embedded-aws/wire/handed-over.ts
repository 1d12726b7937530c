import type { HandedOverCall, WireProtocol, WireRequest } from './messages';

const NO_BODY = new Uint8Array();

const callOf = ({ call }: WireRequest): HandedOverCall => {
  if (call === undefined) throw new Error('The request is text');
  return call;
};

const variants = new WeakMap<WireProtocol, WireProtocol>();

/**
 * A protocol whose calls and outputs are passed as objects. Errors stay text: they are rare, and each SDK
 * handles them in its own way.
 */
export const handedOver = (protocol: WireProtocol): WireProtocol => {
  const known = variants.get(protocol);
  if (known !== undefined) return known;
  const variant: WireProtocol = {
    commonErrors: protocol.commonErrors,
    operationOf: (request) => callOf(request).operation,
    parametersOf: (request) => callOf(request).parameters,
    success: (_operation, output, requestId) => ({
      statusCode: 200,
      headers: { 'x-amzn-requestid': requestId },
      body: NO_BODY,
      output,
    }),
    error: (error, requestId) => protocol.error(error, requestId),
  };
  variants.set(protocol, variant);
  return variant;
};
