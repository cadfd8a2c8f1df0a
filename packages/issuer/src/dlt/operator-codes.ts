export type OperatorCode = '600' | '601' | '604' | '620' | '623' | '630' | '633' | '635';

/**
 * What the operators' DLT platforms answer, for what can be found out before an SMS is sent. Exotel ("DLT Platform Error Codes
 * in India", support.exotel.com, article 3000120944) and SMSGatewayHub ("DLT SMS error codes", article 3000129776) publish
 * one table; the older one of the two calls 624 to 629 and 634 on reserved. 631 and 632 (inactive, blacklisted) are
 * known to the platforms alone.
 */
export const OPERATOR_CODES: Readonly<Record<OperatorCode, string>> = {
  600: 'ENTITY_NOT_FOUND',
  601: 'ENTITY_NOT_REGISTERED',
  604: 'INVALID_ENTITY_ID',
  620: 'HEADER_NOT_FOUND',
  623: 'PEID_NOT_MATCHED_WITH_HEADER',
  630: 'TEMPLATE_NOT_FOUND',
  633: 'TEMPLATE_NOT_MATCHED',
  635: 'TEMPLATE_VARIABLE_EXCEEDED_MAX_LENGTH',
};

/** `620 HEADER_NOT_FOUND`. */
export function namedCode(code: OperatorCode): string {
  return `${code} ${OPERATOR_CODES[code]}`;
}
