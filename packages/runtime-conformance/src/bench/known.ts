/**
 * What the contract knows of rows, as the SDK's types have it: a list that is not the type's does not compile.
 */
import type {
  Assistant,
  Call,
  Credential,
  Import,
  PhoneNumber,
  RuntimeFile,
  StructuredOutput,
  Tool,
  WebhookEndpoint,
  WebhookLog
} from "@aywa-ai/runtime-sdk"
import { knownWords as contractWords, webhookEvents } from "@aywa-ai/runtime-sdk/contract"

/** The names of an interface, without its index signature. */
type NamesOf<Row> = keyof {
  [Name in keyof Row as string extends Name ? never : number extends Name ? never : Name]: true
}

/** The words of an open type, without its `string`. */
type WordsOf<Word> = Word extends string ? (string extends Word ? never : Word) : never

const fieldsOf = <Row>(names: Readonly<Record<NamesOf<Row>, true>>): ReadonlySet<string> => new Set(Object.keys(names))

const wordsOf = <Word>(words: Readonly<Record<WordsOf<Word>, true>>): ReadonlySet<string> => new Set(Object.keys(words))

/** The fields of rows, by the path of their list. */
export const knownFields: Readonly<Record<string, ReadonlySet<string>>> = {
  "/assistant": fieldsOf<Assistant>({
    latestVersion: true,
    id: true,
    orgId: true,
    createdAt: true,
    updatedAt: true,
    name: true,
    firstMessage: true,
    firstMessageMode: true,
    firstMessageInterruptionsEnabled: true,
    model: true,
    voice: true,
    transcriber: true,
    server: true,
    serverUrl: true,
    serverUrlSecret: true,
    serverMessages: true,
    clientMessages: true,
    metadata: true,
    analysisPlan: true,
    artifactPlan: true,
    startSpeakingPlan: true,
    stopSpeakingPlan: true,
    monitorPlan: true,
    compliancePlan: true,
    observabilityPlan: true,
    backgroundSpeechDenoisingPlan: true,
    keypadInputPlan: true,
    transportConfigurations: true,
    hooks: true,
    credentials: true,
    credentialIds: true,
    voicemailDetection: true,
    voicemailMessage: true,
    endCallMessage: true,
    endCallPhrases: true,
    maxDurationSeconds: true,
    silenceTimeoutSeconds: true,
    backgroundSound: true,
    backgroundDenoisingEnabled: true,
    backchannelingEnabled: true,
    modelOutputInMessagesEnabled: true
  }),
  "/tool": fieldsOf<Tool>({
    function: true,
    latestVersion: true,
    id: true,
    orgId: true,
    createdAt: true,
    updatedAt: true,
    name: true,
    server: true,
    metadata: true,
    type: true,
    async: true,
    messages: true,
    rejectionPlan: true,
    credentialId: true,
    destinations: true,
    knowledgeBases: true,
    knowledgeBaseId: true,
    parameters: true,
    variableExtractionPlan: true,
    contextEngineeringPlan: true,
    defaultResult: true,
    description: true,
    method: true,
    url: true,
    body: true,
    headers: true,
    timeoutSeconds: true,
    encryptedPaths: true,
    backoffPlan: true,
    code: true,
    environmentVariables: true,
    toolMessages: true,
    subType: true,
    displayWidthPx: true,
    displayHeightPx: true,
    displayNumber: true,
    verb: true,
    sipInfoDtmfEnabled: true,
    beepDetectionEnabled: true
  }),
  "/phone-number": fieldsOf<PhoneNumber>({
    number: true,
    id: true,
    orgId: true,
    createdAt: true,
    updatedAt: true,
    name: true,
    server: true,
    serverUrl: true,
    serverUrlSecret: true,
    hooks: true,
    credentialId: true,
    provider: true,
    status: true,
    numberE164CheckEnabled: true,
    assistantId: true,
    squadId: true,
    workflowId: true,
    fallbackDestination: true,
    sipUri: true,
    numberDesiredAreaCode: true,
    authentication: true,
    twilioAccountSid: true,
    twilioAuthToken: true,
    twilioApiKey: true,
    twilioApiSecret: true,
    smsEnabled: true
  }),
  "/call": fieldsOf<Call>({
    id: true,
    orgId: true,
    createdAt: true,
    updatedAt: true,
    name: true,
    artifactPlan: true,
    type: true,
    messages: true,
    status: true,
    assistantId: true,
    squadId: true,
    workflowId: true,
    endedReason: true,
    endedMessage: true,
    startedAt: true,
    endedAt: true,
    cost: true,
    costBreakdown: true,
    costs: true,
    assistantVersion: true,
    assistant: true,
    squad: true,
    phoneNumberId: true,
    customer: true,
    customerId: true,
    analysis: true,
    artifact: true,
    monitor: true,
    transcript: true,
    summary: true,
    recordingUrl: true,
    stereoRecordingUrl: true,
    assistantOverrides: true,
    schedulePlan: true,
    transport: true,
    destination: true,
    compliance: true,
    campaignId: true,
    phoneCallProvider: true,
    phoneCallProviderId: true,
    phoneCallTransport: true,
    webCallUrl: true
  }),
  "/credential": fieldsOf<Credential>({
    id: true,
    orgId: true,
    createdAt: true,
    updatedAt: true,
    name: true,
    provider: true,
    apiKey: true,
    apiSecret: true,
    accountSid: true,
    authToken: true,
    authenticationPlan: true,
    gateways: true,
    outboundAuthenticationPlan: true,
    outboundLeadingPlusEnabled: true,
    techPrefix: true,
    sipDiversionHeader: true,
    region: true,
    service: true,
    models: true,
    openAIEndpoint: true,
    openAIKey: true,
    ocpApimSubscriptionKey: true,
    apiUrl: true,
    gcpKey: true,
    bucketPlan: true,
    awsAccessKeyId: true,
    awsSecretAccessKey: true,
    s3BucketName: true,
    s3PathPrefix: true,
    vonageApplicationPrivateKey: true,
    publicKey: true,
    accountId: true,
    accountEmail: true,
    teamId: true,
    fallbackIndex: true
  }),
  "/webhook-endpoint": fieldsOf<WebhookEndpoint>({
    id: true,
    orgId: true,
    createdAt: true,
    updatedAt: true,
    url: true,
    scope: true,
    targetId: true,
    events: true,
    enabled: true
  }),
  "/file": fieldsOf<RuntimeFile>({
    object: true,
    id: true,
    orgId: true,
    createdAt: true,
    updatedAt: true,
    name: true,
    metadata: true,
    url: true,
    status: true,
    originalName: true,
    bytes: true,
    mimetype: true,
    purpose: true,
    parsedTextUrl: true,
    parsedTextBytes: true,
    key: true,
    path: true,
    bucket: true
  }),
  "/structured-output": fieldsOf<StructuredOutput>({
    id: true,
    orgId: true,
    createdAt: true,
    updatedAt: true,
    name: true,
    model: true,
    compliancePlan: true,
    type: true,
    description: true,
    schema: true,
    regex: true,
    assistantIds: true,
    workflowIds: true,
    conditions: true
  }),
  "/imports": fieldsOf<Import>({
    id: true,
    createdAt: true,
    status: true,
    source: true,
    mappings: true,
    warnings: true
  }),
  "/logs/webhooks": fieldsOf<WebhookLog>({
    id: true,
    createdAt: true,
    type: true,
    status: true,
    eventId: true,
    target: true,
    endpointId: true,
    callId: true,
    attemptCount: true,
    statusCode: true,
    latencyMs: true,
    nextAttemptAt: true,
    replayOf: true,
    attempts: true,
    payload: true
  })
}

interface Place {
  /** A path in the row. */
  readonly place: string
  readonly words: ReadonlySet<string>
}

/** Where rows have words, by the path of their list. */
export const knownWords: Readonly<Record<string, ReadonlyArray<Place>>> = {
  "/assistant": [
    {
      place: "firstMessageMode",
      words: wordsOf<Assistant["firstMessageMode"]>({
        "assistant-speaks-first": true,
        "assistant-speaks-first-with-model-generated-message": true,
        "assistant-waits-for-user": true
      })
    },
    {
      place: "model.provider",
      words: new Set(contractWords.modelProviders)
    },
    {
      place: "voice.provider",
      words: new Set(contractWords.voiceProviders)
    },
    {
      place: "transcriber.provider",
      words: new Set(contractWords.transcriberProviders)
    }
  ],
  "/tool": [
    {
      place: "type",
      words: new Set(contractWords.toolTypes)
    }
  ],
  "/phone-number": [
    {
      place: "provider",
      words: new Set(contractWords.phoneNumberProviders)
    },
    { place: "status", words: wordsOf<PhoneNumber["status"]>({ active: true, activating: true, blocked: true }) }
  ],
  "/call": [
    {
      place: "type",
      words: wordsOf<Call["type"]>({
        inboundPhoneCall: true,
        outboundPhoneCall: true,
        webCall: true,
        "vapi.websocketCall": true
      })
    },
    {
      place: "status",
      words: wordsOf<Call["status"]>({
        scheduled: true,
        queued: true,
        ringing: true,
        "in-progress": true,
        forwarding: true,
        ended: true,
        "not-found": true,
        "deletion-failed": true
      })
    }
  ],
  "/credential": [
    {
      place: "provider",
      words: new Set(contractWords.credentialProviders)
    }
  ],
  "/webhook-endpoint": [
    {
      place: "scope",
      words: wordsOf<WebhookEndpoint["scope"]>({ assistant: true, account: true, "phone-number": true, tool: true })
    }
  ],
  "/file": [{ place: "status", words: wordsOf<RuntimeFile["status"]>({ failed: true, processing: true, done: true }) }],
  "/structured-output": [{ place: "type", words: wordsOf<StructuredOutput["type"]>({ regex: true, ai: true }) }],
  "/imports": [
    {
      place: "status",
      words: wordsOf<Import["status"]>({ completed: true, completed_with_warnings: true, failed: true })
    }
  ],
  "/logs/webhooks": [
    {
      place: "status",
      words: wordsOf<WebhookLog["status"]>({
        pending: true,
        delivering: true,
        succeeded: true,
        retrying: true,
        dead: true,
        cancelled: true
      })
    }
  ]
}

/** Types of events. */
export const knownEvents: ReadonlySet<string> = new Set(Object.keys(webhookEvents))
