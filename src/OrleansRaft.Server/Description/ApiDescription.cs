using System.Globalization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace OrleansRaft.Server;

/// <summary>Makes the OpenAPI document out of the <see cref="ApiOperation"/> that each endpoint carries.</summary>
internal static class ApiDescription
{
    /// <summary>The document's name, and a part of its path.</summary>
    public const string DocumentName = "v1";

    /// <summary>Only this API's endpoints are described, not those of the application that it is mounted into.</summary>
    public static void Configure(OpenApiOptions options)
    {
        options.ShouldInclude = description => description.ActionDescriptor.EndpointMetadata.OfType<ApiOperation>().Any();
        options.AddOperationTransformer((operation, context, _) =>
        {
            Describe(operation, context.Description.ActionDescriptor.EndpointMetadata.OfType<ApiOperation>().Single(), context.Document!);
            return Task.CompletedTask;
        });
        options.AddDocumentTransformer((document, _, _) =>
        {
            document.Info = new OpenApiInfo
            {
                Title = "OrleansRaft",
                Version = DocumentName,
                Description = "Linearizable counters on Raft groups, and the groups themselves. Any silo answers any request. "
                    + "Errors are application/problem+json with a stable type and definite: true when the request certainly changed nothing.",
                License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
            };

            // The framework adds a tag for every class that holds handlers, and ends the server's address with a slash, although every path begins
            // with one.
            var used = document.Paths.Values.SelectMany(path => path.Operations!.Values).SelectMany(operation => operation.Tags!).Select(tag => tag.Name);
            document.Tags = ApiTags.All.Where(tag => used.Contains(tag.Name)).Select(tag => new OpenApiTag { Name = tag.Name, Description = tag.Description }).ToHashSet();
            document.Servers = [.. (document.Servers ?? []).Select(server => new OpenApiServer { Url = server.Url!.TrimEnd('/') })];
            document.Security = [new OpenApiSecurityRequirement()];
            ApiSchemas.AddTo(document);
            return Task.CompletedTask;
        });
    }

    private static void Describe(OpenApiOperation operation, ApiOperation described, OpenApiDocument document)
    {
        operation.OperationId = described.Id;
        operation.Summary = described.Summary;
        operation.Description = described.Description.Length == 0 ? null : described.Description;
        operation.Tags = new HashSet<OpenApiTagReference> { new(described.Tag, document) };
        operation.Parameters = [.. described.Parameters.Select(ParameterOf)];
        operation.RequestBody = described.Body is null
            ? null
            : new OpenApiRequestBody { Required = true, Content = ContentOf("application/json", described.Body, document) };
        operation.Responses = [];
        operation.Responses.Add(Status(described.Success.Status), ResponseOf(described.Success, document));
        foreach (var problems in described.Problems.GroupBy(problem => problem.Status))
        {
            operation.Responses.Add(Status(problems.Key), ResponseOf([.. problems], document));
        }
    }

    private static IOpenApiParameter ParameterOf(ApiParameter parameter) => new OpenApiParameter
    {
        Name = parameter.Name,
        In = parameter.In,
        Required = parameter.In == ParameterLocation.Path,
        Description = parameter.Description,
        Schema = parameter.Schema(),
    };

    private static OpenApiResponse ResponseOf(ApiAnswer answer, OpenApiDocument document)
    {
        var response = new OpenApiResponse
        {
            Description = answer.Description,
            Content = answer.MediaType is null ? null : ContentOf(answer.MediaType, answer.Schema, document),
        };
        if (answer.HasTag)
        {
            response.Headers = Header("ETag", "The log index of the counter's last change, in quotes: for If-Match.", JsonSchemaType.String);
        }

        return response;
    }

    private static OpenApiResponse ResponseOf(IReadOnlyList<ApiProblem> problems, OpenApiDocument document) => new()
    {
        Description = string.Join("; ", problems.Select(problem => $"{problem.Type}: {problem.Meaning}")) + ".",
        Content = ContentOf(Problem.MediaType, ApiSchemas.Problem, document),
        Headers = problems[0].HasRetryAfter ? Header("Retry-After", "Seconds to wait before trying again.", JsonSchemaType.Integer) : null,
    };

    private static Dictionary<string, IOpenApiHeader> Header(string name, string description, JsonSchemaType type) =>
        new() { [name] = new OpenApiHeader { Description = description, Schema = new OpenApiSchema { Type = type } } };

    private static Dictionary<string, OpenApiMediaType> ContentOf(string mediaType, string? schema, OpenApiDocument document) => new()
    {
        [mediaType] = new OpenApiMediaType
        {
            Schema = schema is null ? new OpenApiSchema { Type = JsonSchemaType.String } : new OpenApiSchemaReference(schema, document),
        },
    };

    private static string Status(int status) => status.ToString(CultureInfo.InvariantCulture);
}
