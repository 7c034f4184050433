using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>Sends requests, and takes answers apart.</summary>
internal static class Answers
{
    /// <summary>Sends a body as it is.</summary>
    public static async Task<Answer> SendAsync(
        this HttpClient client,
        HttpMethod method,
        string path,
        string? body = null,
        string contentType = "application/json",
        params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
            if (contentType.Length > 0)
            {
                request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
            }
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value).ShouldBeTrue();
        }

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return new Answer(
            response.StatusCode,
            response.Content.Headers.ContentType?.MediaType,
            text,
            response.Headers.ETag?.Tag,
            response.Headers.RetryAfter?.Delta,
            [.. response.Content.Headers.Allow]);
    }

    public static Task<Answer> AskAsync(this HttpClient client, string path, params (string Name, string Value)[] headers) =>
        client.SendAsync(HttpMethod.Get, path, headers: headers);
}

/// <summary>An answer of the server.</summary>
internal sealed record Answer(HttpStatusCode Status, string? MediaType, string Text, string? Tag, TimeSpan? RetryAfter, IReadOnlyList<string> Allow)
{
    /// <summary>The body as JSON.</summary>
    public JsonElement Json => JsonDocument.Parse(Text).RootElement;

    /// <summary>Asserts that this is a problem as the API promises them.</summary>
    public Answer ShouldBeProblem(int status, string type, string? field = null, bool definite = true)
    {
        ((int)Status).ShouldBe(status, Text);
        MediaType.ShouldBe("application/problem+json");
        var problem = Json;
        problem.GetProperty("type").GetString().ShouldBe(type, Text);
        problem.GetProperty("status").GetInt32().ShouldBe(status);
        problem.GetProperty("title").GetString().ShouldNotBeNullOrEmpty();
        problem.GetProperty("detail").GetString().ShouldNotBeNullOrEmpty();
        problem.GetProperty("definite").GetBoolean().ShouldBe(definite, Text);
        Text.ShouldNotContain("   at ");
        if (field is not null)
        {
            problem.GetProperty("field").GetString().ShouldBe(field, Text);
        }

        return this;
    }

    /// <summary>Asserts a success with JSON.</summary>
    public JsonElement ShouldBeJson(int status = 200)
    {
        ((int)Status).ShouldBe(status, Text);
        MediaType.ShouldBe("application/json");
        return Json;
    }
}
