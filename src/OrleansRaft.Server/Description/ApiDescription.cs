using System.Globalization;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;
using OrleansRaft.Grains.Catalogue;
using OrleansRaft.Server.Access;
using OrleansRaft.Server.Limits;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Description;

/// <summary>Makes the OpenAPI document out of the <see cref="ApiOperation"/> that each endpoint carries.</summary>
internal static class ApiDescription
{
    /// <summary>The version of the API, and a part of the document's path.</summary>
    public const string Version = "v1";

    private const string Key = "key";

    private static readonly ApiSchema ProblemShape = new(nameof(Problem), static () =>
    {
        var schema = Shapes.Closed(
        [
            ("type", Shapes.Text("What kind of problem: stable, for programs.")),
            ("title", Shapes.Text("The kind in words.")),
            ("status", new OpenApiSchema { Type = JsonSchemaType.Integer, Format = "int32", Description = "The status code." }),
            ("detail", Shapes.Text("What happened, to what, and what to do next.")),
            ("definite", Shapes.Flag("Whether the request certainly changed nothing; false when it may have.")),
            ("field", Shapes.Text("The field, header or parameter that is to blame, where there is one.")),
        ]);
        schema.Required!.Remove("field");
        return schema;
    });

    /// <summary>Only operations of this API are described, not the other endpoints of the application that it is mounted into.</summary>
    public static void Configure(OpenApiOptions options)
    {
        options.ShouldInclude = description => description.ActionDescriptor.EndpointMetadata.OfType<ApiOperation>().Any();
        options.AddDocumentTransformer((document, context, _) =>
        {
            Describe(document, context);
            return Task.CompletedTask;
        });
    }

    private static void Describe(OpenApiDocument document, OpenApiDocumentTransformerContext context)
    {
        var about = context.ApplicationServices.GetRequiredService<IOptions<RaftServerOptions>>().Value.About;
        document.Info = new OpenApiInfo
        {
            Title = "OrleansRaft",
            Version = Version,
            Description = $"{about} Any silo answers any request. "
                + "Errors are application/problem+json with a stable type and definite: true when the request certainly changed nothing.",
            License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
        };

        // The framework ends the server's address with a slash, although every path begins with one, and adds a tag for every class that holds
        // handlers.
        document.Servers = [.. (document.Servers ?? []).Select(server => new OpenApiServer { Url = server.Url!.TrimEnd('/') })];
        var asksForKeys = context.ApplicationServices.GetService<RaftAccess>() is not null;
        document.Security = [SecurityOf(document, asksForKeys)];
        var described = OperationsOf(context);
        document.Tags = described.Select(operation => operation.Operation.Tag).DistinctBy(tag => tag.Name)
            .Select(tag => new OpenApiTag { Name = tag.Name, Description = tag.Description })
            .ToHashSet();
        var schemas = new ApiSchemas(document);
        var paths = new OpenApiPaths();
        foreach (var (path, method, operation) in described)
        {
            paths.TryAdd(path, document.Paths[path]);
            Describe(document.Paths[path].Operations![method], WithQuota(path, asksForKeys ? WithRefusals(operation) : operation), document, schemas);
        }

        document.Paths = paths;
    }

    /// <summary>
    /// A key is what everything needs, where keys are asked for; operations that are open say so by having no problem of that kind.
    /// </summary>
    private static OpenApiSecurityRequirement SecurityOf(OpenApiDocument document, bool asksForKeys)
    {
        if (!asksForKeys)
        {
            return [];
        }

        document.AddComponent<IOpenApiSecurityScheme>(Key, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            Description = "An API key, as `oraft key create` prints it, or a JWT of an issuer that the cluster knows.",
        });
        return new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Key, document)] = [] };
    }

    private static ApiOperation WithQuota(string path, ApiOperation operation) => TenantLimiter.Limits(path, operation.Access)
        ? operation with { Problems = [.. operation.Problems, ApiProblem.QuotaExceeded] }
        : operation;

    private static ApiOperation WithRefusals(ApiOperation operation) => operation.Access == AccessRole.None
        ? operation
        : operation with
        {
            Description = $"{operation.Description} Needs the role {Grants.NameOf(operation.Access)}.".TrimStart(),
            Problems = [.. operation.Problems, ApiProblem.Unauthenticated, ApiProblem.Forbidden],
        };

    /// <summary>All operations, in the order of their tags, and under one tag in the order in which they were mapped.</summary>
    private static List<(string Path, HttpMethod Method, ApiOperation Operation)> OperationsOf(OpenApiDocumentTransformerContext context) =>
    [
        .. from description in context.DescriptionGroups.SelectMany(part => part.Items)
           let operation = description.ActionDescriptor.EndpointMetadata.OfType<ApiOperation>().SingleOrDefault()
           where operation is not null
           orderby operation.Tag.Order
           select ($"/{description.RelativePath}", new HttpMethod(description.HttpMethod!), operation),
    ];

    private static void Describe(OpenApiOperation operation, ApiOperation described, OpenApiDocument document, ApiSchemas schemas)
    {
        operation.OperationId = described.Id;
        operation.Summary = described.Summary;
        operation.Description = described.Description.Length == 0 ? null : described.Description;
        operation.Tags = new HashSet<OpenApiTagReference> { new(described.Tag.Name, document) };
        operation.Parameters = [.. described.Parameters.Select(ParameterOf)];
        operation.RequestBody = described.Body is null
            ? null
            : new OpenApiRequestBody { Required = true, Content = ContentOf("application/json", described.Body, schemas) };
        operation.Responses = [];
        operation.Responses.Add(Status(described.Success.Status), ResponseOf(described.Success, schemas));
        foreach (var problems in described.Problems.GroupBy(problem => problem.Status))
        {
            operation.Responses.Add(Status(problems.Key), ResponseOf([.. problems], schemas));
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

    private static OpenApiResponse ResponseOf(ApiAnswer answer, ApiSchemas schemas) => new()
    {
        Description = answer.Description,
        Content = answer.MediaType is null ? null : ContentOf(answer.MediaType, answer.Schema, schemas),
        Headers = answer.EntityTag is null ? null : Header("ETag", answer.EntityTag, JsonSchemaType.String),
    };

    private static OpenApiResponse ResponseOf(IReadOnlyList<ApiProblem> problems, ApiSchemas schemas) => new()
    {
        Description = string.Join("; ", problems.Select(problem => $"{problem.Type}: {problem.Meaning}")) + ".",
        Content = ContentOf(Problem.MediaType, ProblemShape, schemas),
        Headers = problems[0].HasRetryAfter ? Header("Retry-After", "Seconds to wait before trying again.", JsonSchemaType.Integer) : null,
    };

    private static Dictionary<string, IOpenApiHeader> Header(string name, string description, JsonSchemaType type) =>
        new() { [name] = new OpenApiHeader { Description = description, Schema = new OpenApiSchema { Type = type } } };

    private static Dictionary<string, OpenApiMediaType> ContentOf(string mediaType, ApiSchema? schema, ApiSchemas schemas) => new()
    {
        [mediaType] = new OpenApiMediaType
        {
            Schema = schema is null ? new OpenApiSchema { Type = JsonSchemaType.String } : schemas.Reference(schema),
        },
    };

    private static string Status(int status) => status.ToString(CultureInfo.InvariantCulture);
}
