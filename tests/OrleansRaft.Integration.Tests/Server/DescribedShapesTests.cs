using System.Text.Json;
using Microsoft.OpenApi;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>Bodies are written by hand, and so is their description: here the two meet.</summary>
public sealed class DescribedShapesTests(CounterServer server) : IClassFixture<CounterServer>
{
    private readonly string counters = $"/api/v1/tenants/t-{Guid.NewGuid():N}/counters";

    private HttpClient Client => server.Client;

    [Theory]
    [InlineData("GET", "/api/v1/tenants/{tenant}/counters/{counter}", "/visits")]
    [InlineData("GET", "/api/v1/tenants/{tenant}/counters/{counter}", "/visits?consistency=stale")]
    [InlineData("GET", "/api/v1/tenants/{tenant}/counters/{counter}", "/visits?consistency=lease")]
    [InlineData("GET", "/api/v1/tenants/{tenant}/counters/{counter}", "/nothing")]
    [InlineData("GET", "/api/v1/tenants/{tenant}/counters", "")]
    [InlineData("GET", "/api/v1/tenants/{tenant}/counters", "?limit=1")]
    [InlineData("GET", "/api/v1/tenants/{tenant}/counters", "?limit=x")]
    [InlineData("POST", "/api/v1/tenants/{tenant}/counters/{counter}/increment", "/visits/increment", """{"by":1}""")]
    [InlineData("POST", "/api/v1/tenants/{tenant}/counters/{counter}/increment", "/visits/increment", """{"by":9223372036854775807}""")]
    [InlineData("POST", "/api/v1/tenants/{tenant}/counters/{counter}/increment", "/visits/increment", """{"to":1}""")]
    [InlineData("PUT", "/api/v1/tenants/{tenant}/counters/{counter}", "/visits", """{"value":1}""")]
    public Task Answers_about_counters_have_the_shape_that_is_described(string method, string route, string path, string? body = null) =>
        CheckAsync(method, route, counters + path, body);

    [Theory]
    [InlineData("GET", "nobody")]
    [InlineData("GET", "n%20b")]
    [InlineData("PUT", "somebody", """{"text":"pays yearly"}""")]
    [InlineData("PUT", "somebody", """{"text":5}""")]
    public Task Answers_about_notes_have_the_shape_that_is_described(string method, string tenant, string? body = null) =>
        CheckAsync(method, "/api/v1/tenants/{tenant}/note", $"/api/v1/tenants/{tenant}/note", body);

    [Theory]
    [InlineData("/api/v1/groups", "/api/v1/groups")]
    [InlineData("/api/v1/groups", "/api/v1/groups?limit=1")]
    [InlineData("/api/v1/groups/{group}", "/api/v1/groups/counters-0")]
    [InlineData("/api/v1/groups/{group}", "/api/v1/groups/nothing")]
    [InlineData("/api/v1/groups/{group}/log", "/api/v1/groups/counters-0/log")]
    [InlineData("/api/v1/groups/{group}/log", "/api/v1/groups/counters-0/log?limit=1")]
    [InlineData("/health/live", "/health/live")]
    [InlineData("/health/ready", "/health/ready")]
    [InlineData("/health/alarms", "/health/alarms")]
    public Task Answers_about_groups_and_health_have_the_shape_that_is_described(string route, string path) =>
        CheckAsync("GET", route, path, body: null);

    [Theory]
    [InlineData("POST", "/api/v1/groups/{group}/leader", "/api/v1/groups/counters-0/leader", """{"replica":2}""")]
    [InlineData("POST", "/api/v1/groups/{group}/leader", "/api/v1/groups/counters-0/leader", """{"replica":9}""")]
    [InlineData("POST", "/api/v1/groups/{group}/members", "/api/v1/groups/counters-0/members", """{"version":1234567}""")]
    [InlineData("DELETE", "/api/v1/groups/{group}/members", "/api/v1/groups/counters-0/members?replica=9")]
    public Task Answers_about_members_have_the_shape_that_is_described(string method, string route, string path, string? body = null) =>
        CheckAsync(method, route, path, body);

    private async Task CheckAsync(string method, string route, string path, string? body)
    {
        foreach (var name in (string[])["visits", "other"])
        {
            await Client.SendAsync(HttpMethod.Put, $"{counters}/{name}", """{"value":5}""");
        }

        var answer = await Client.SendAsync(new HttpMethod(method), path, body);

        var document = OpenApiDocument.Parse((await Client.AskAsync("/openapi/v1.json")).Text, "json").Document!;
        var response = document.Paths[route].Operations![new HttpMethod(method)].Responses!.ShouldContainKeyAndGet($"{(int)answer.Status}");
        Conforms(answer.Json, response.Content!.ShouldContainKeyAndGet(answer.MediaType!).Schema!, "$");
    }

    private static void Conforms(JsonElement json, IOpenApiSchema schema, string place)
    {
        var allowed = schema.Type ?? throw new InvalidOperationException($"{place} has no type.");
        allowed.HasFlag(TypeOf(json)).ShouldBeTrue($"{place} is {json.ValueKind}, but described as {allowed}");
        if (json.ValueKind == JsonValueKind.Object)
        {
            schema.AdditionalPropertiesAllowed.ShouldBeFalse();
            foreach (var required in schema.Required ?? new HashSet<string>())
            {
                json.TryGetProperty(required, out _).ShouldBeTrue($"{place} lacks {required}");
            }

            foreach (var property in json.EnumerateObject())
            {
                Conforms(property.Value, schema.Properties!.ShouldContainKeyAndGet(property.Name), $"{place}.{property.Name}");
            }
        }
        else if (json.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in json.EnumerateArray())
            {
                Conforms(item, schema.Items!, $"{place}[]");
            }
        }
        else if (schema.Enum is { Count: > 0 } choices)
        {
            choices.Select(choice => choice.ToJsonString()).ShouldContain(json.GetRawText(), place);
        }
    }

    private static JsonSchemaType TypeOf(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => JsonSchemaType.Object,
        JsonValueKind.Array => JsonSchemaType.Array,
        JsonValueKind.String => JsonSchemaType.String,
        JsonValueKind.Number => JsonSchemaType.Integer,
        JsonValueKind.True or JsonValueKind.False => JsonSchemaType.Boolean,
        _ => JsonSchemaType.Null,
    };
}
