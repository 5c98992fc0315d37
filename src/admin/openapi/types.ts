/** As much of an OpenAPI 3.1 document as is written here. */

export type JsonSchema = { readonly [keyword: string]: unknown }

export interface OpenApiDocument {
  readonly openapi: string
  readonly info: {
    readonly title: string
    readonly version: string
    readonly summary: string
    readonly description: string
    readonly license: { readonly name: string; readonly identifier: string }
  }
  readonly servers: readonly { readonly url: string; readonly description: string }[]
  readonly security: readonly SecurityRequirement[]
  readonly tags: readonly TagObject[]
  readonly paths: Readonly<Record<string, PathItem>>
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>
    readonly securitySchemes: Readonly<Record<string, JsonSchema>>
  }
}

export type SecurityRequirement = Readonly<Record<string, readonly string[]>>

export interface TagObject {
  readonly name: string
  readonly description?: string
}

/** In the order in which a path's methods are shown. */
export const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const
export type Method = (typeof METHODS)[number]
export type PathItem = Readonly<Partial<Record<Method, OperationObject>>>

export interface OperationObject {
  readonly operationId: string
  readonly tags: readonly string[]
  readonly summary: string
  readonly description: string
  /** What a token has to be; absent: none is wanted. */
  readonly 'x-role'?: string
  readonly security?: readonly SecurityRequirement[]
  readonly parameters?: readonly ParameterObject[]
  readonly requestBody?: {
    readonly description: string
    readonly required: boolean
    readonly content: Content
  }
  /** By status. */
  readonly responses: Readonly<Record<string, ResponseObject>>
}

export interface ParameterObject {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly description: string
  readonly schema: JsonSchema
}

export interface ResponseObject {
  readonly description: string
  readonly headers?: Readonly<Record<string, { readonly description: string; readonly schema: JsonSchema }>>
  readonly content?: Content
}

/** By media type. */
export type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>
