using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Microsoft.OpenApi.Reader;

namespace OrleansRaft.Integration.Tests.Server;

public sealed class DescriptionTests(ScriptedServer server) : IClassFixture<ScriptedServer>
{
    private static readonly string[] OurPaths = ["/api/", "/health/", "/metrics"];

    [Fact]
    public async Task The_description_is_a_valid_document_of_openapi()
    {
        var read = await ReadAsync();

        read.Diagnostic!.Errors.ShouldBeEmpty();
        read.Diagnostic.Warnings.ShouldBeEmpty();
        read.Document!.Info.Title.ShouldBe("OrleansRaft");
    }

    [Fact]
    public async Task The_description_has_every_route_with_every_method_and_no_other()
    {
        var document = (await ReadAsync()).Document!;

        var described = document.Paths.SelectMany(path => path.Value.Operations!.Select(operation => $"{operation.Key} {path.Key}")).Order();

        var mapped = server.Services.GetServices<EndpointDataSource>()
            .SelectMany(source => source.Endpoints)
            .OfType<RouteEndpoint>()
            .Where(endpoint => OurPaths.Any(prefix => endpoint.RoutePattern.RawText!.StartsWith(prefix, StringComparison.Ordinal)))
            .SelectMany(
                endpoint =>
                    endpoint.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Select(method => $"{method} {endpoint.RoutePattern.RawText}"))
            .Order();
        described.ShouldBe(mapped);
    }

    [Theory]
    [InlineData(
        "POST",
        "/api/v1/tenants/{tenant}/counters/{counter}/increment",
        "200 400 404 409 412 413 415 422 429 500 503 504 507",
        "tenant counter Idempotency-Key If-Match",
        true)]
    [InlineData(
        "PUT",
        "/api/v1/tenants/{tenant}/counters/{counter}",
        "200 400 404 409 412 413 415 429 500 503 504 507",
        "tenant counter Idempotency-Key If-Match",
        true)]
    [InlineData(
        "DELETE",
        "/api/v1/tenants/{tenant}/counters/{counter}",
        "204 400 404 409 412 429 500 503 504",
        "tenant counter Idempotency-Key If-Match",
        false)]
    [InlineData("GET", "/api/v1/tenants/{tenant}/counters/{counter}", "200 400 404 429 500 503", "tenant counter consistency", false)]
    [InlineData("GET", "/api/v1/tenants/{tenant}/counters", "200 400 404 429 500 503", "tenant after limit", false)]
    [InlineData("GET", "/api/v1/tenants/{tenant}/note", "200 400 404 429 500", "tenant", false)]
    [InlineData("PUT", "/api/v1/tenants/{tenant}/note", "200 400 413 415 429 500", "tenant", true)]
    [InlineData("GET", "/api/v1/groups", "200 400 500", "after limit", false)]
    [InlineData("GET", "/api/v1/groups/{group}", "200 404 500", "group", false)]
    [InlineData("POST", "/api/v1/groups/{group}/compare", "200 404 429 500 503 504", "group", false)]
    [InlineData("GET", "/api/v1/groups/{group}/log", "200 400 404 500", "group after limit", false)]
    [InlineData("POST", "/api/v1/groups/{group}/leader", "200 400 404 413 415 429 500 503 504", "group", true)]
    [InlineData("POST", "/api/v1/groups/{group}/members", "200 400 404 409 413 415 429 500 503 504", "group", true)]
    [InlineData("DELETE", "/api/v1/groups/{group}/members", "200 400 404 409 413 415 429 500 503 504", "group replica version force", false)]
    [InlineData("GET", "/api/v1/events", "200 400 404 429 500", "group Last-Event-ID", false)]
    [InlineData("GET", "/api/v1/faults", "200 500", "", false)]
    [InlineData("POST", "/api/v1/faults", "201 400 403 404 413 415 500 503", "", true)]
    [InlineData("DELETE", "/api/v1/faults", "204 403 500", "", false)]
    [InlineData("DELETE", "/api/v1/faults/{fault}", "204 403 404 500", "fault", false)]
    [InlineData("GET", "/api/v1/lab", "200 403 500", "", false)]
    [InlineData("GET", "/api/v1/lab/{scenario}", "200 403 404 500", "scenario", false)]
    [InlineData("GET", "/api/v1/lab/{scenario}/recording", "200 403 404 429 500", "scenario", false)]
    [InlineData("POST", "/api/v1/lab/recordings", "200 400 403 413 415 429 500", "", true)]
    [InlineData("GET", "/health/live", "200", "", false)]
    [InlineData("GET", "/health/ready", "200 500 503", "", false)]
    [InlineData("GET", "/health/alarms", "200 500", "", false)]
    [InlineData("GET", "/metrics", "200", "", false)]
    public async Task Every_operation_tells_its_parameters_body_and_statuses(
        string method, string path, string statuses, string parameters, bool hasBody)
    {
        var operation = (await ReadAsync()).Document!.Paths[path].Operations![new HttpMethod(method)];

        operation.OperationId.ShouldNotBeNullOrEmpty();
        operation.Summary.ShouldNotBeNullOrEmpty();
        string.Join(' ', operation.Responses!.Keys.Order()).ShouldBe(statuses);
        string.Join(' ', (operation.Parameters ?? []).Select(parameter => parameter.Name)).ShouldBe(parameters);
        (operation.RequestBody is not null).ShouldBe(hasBody);
        foreach (var (status, response) in operation.Responses!)
        {
            response.Description.ShouldNotBeNullOrEmpty();
            if (status[0] is not '2')
            {
                response.Content!.Keys.ShouldBe(["application/problem+json"]);
            }
        }
    }

    /// <summary>What linters of OpenAPI documents ask for beside validity.</summary>
    [Fact]
    public async Task The_description_satisfies_a_linter()
    {
        var document = (await ReadAsync()).Document!;
        var operations = document.Paths.SelectMany(path => path.Value.Operations!.Values).ToList();

        document.Servers!.ShouldAllBe(server => !server.Url!.EndsWith('/'));
        document.Info.License!.Name.ShouldBe("MIT");
        document.Security.ShouldNotBeNull();
        document.Tags!.ShouldAllBe(tag => tag.Description!.Length > 0);
        document.Tags!.Select(tag => tag.Name)
            .Order()
            .ShouldBe(operations.SelectMany(operation => operation.Tags!).Select(tag => tag.Name).Distinct().Order());
        operations.SelectMany(operation => operation.Parameters ?? []).ShouldAllBe(parameter => parameter.Description!.Length > 0);
    }

    [Fact]
    public async Task Every_example_fits_its_schema()
    {
        var schemas = (await ReadAsync()).Document!.Components!.Schemas!;
        var examples = schemas.SelectMany(
            schema => (schema.Value.Examples ?? []).Select(example => (schema.Key, Schema: schema.Value, Example: example))).ToList();

        examples.ShouldNotBeEmpty();
        foreach (var (name, schema, example) in examples)
        {
            ShouldFit(example, schema, name);
        }
    }

    [Fact]
    public async Task Operations_have_ids_of_their_own()
    {
        var document = (await ReadAsync()).Document!;

        document.Paths.SelectMany(path => path.Value.Operations!.Values).Select(operation => operation.OperationId).ShouldBeUnique();
    }

    private static void ShouldFit(JsonNode? value, IOpenApiSchema schema, string place)
    {
        if (schema.Type is { } type)
        {
            (type & TypeOf(value)).ShouldNotBe((JsonSchemaType)0, $"{place} is {value?.ToJsonString()}, but must be of type {type}");
        }

        if (value is JsonObject holder)
        {
            (schema.Required ?? new HashSet<string>()).ShouldBeSubsetOf(holder.Select(field => field.Key), place);
            foreach (var (field, held) in holder)
            {
                schema.Properties.ShouldNotBeNull(place);
                schema.Properties.ShouldContainKey(field);
                ShouldFit(held, schema.Properties[field], $"{place}.{field}");
            }
        }

        if (value is JsonArray array && schema.Items is { } items)
        {
            array.ToList().ForEach(item => ShouldFit(item, items, $"{place}[]"));
        }
    }

    private static JsonSchemaType TypeOf(JsonNode? value) => value?.GetValueKind() switch
    {
        null or JsonValueKind.Null => JsonSchemaType.Null,
        JsonValueKind.Object => JsonSchemaType.Object,
        JsonValueKind.Array => JsonSchemaType.Array,
        JsonValueKind.String => JsonSchemaType.String,
        JsonValueKind.Number => JsonSchemaType.Integer | JsonSchemaType.Number,
        _ => JsonSchemaType.Boolean,
    };

    private async Task<ReadResult> ReadAsync()
    {
        var answer = await server.Client.AskAsync("/openapi/v1.json");
        answer.Status.ShouldBe(System.Net.HttpStatusCode.OK);
        return OpenApiDocument.Parse(answer.Text, "json");
    }
}
