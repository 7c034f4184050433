using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;
using OrleansRaft.Server.Description;

namespace OrleansRaft.Integration.Tests.Server;

public sealed class WrittenDescriptionTests
{
    /// <summary>Making it is expensive, and everybody may ask for it: a few who asked without end kept a silo from serving others.</summary>
    [Fact]
    public async Task The_description_is_made_once_and_names_the_address_that_was_asked()
    {
        var provider = new CountingProvider();
        var description = new WrittenDescription(provider);

        var addresses = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => AddressFromAsync(description, $"silo-{number}:5080")));

        addresses.ShouldBe(Enumerable.Range(0, 8).Select(static number => $"https://silo-{number}:5080/base"));
        provider.Made.ShouldBe(1);
    }

    private static async Task<string?> AddressFromAsync(WrittenDescription description, string host)
    {
        using var body = new MemoryStream();
        var context = new DefaultHttpContext { Response = { Body = body } };
        (context.Request.Scheme, context.Request.Host, context.Request.PathBase) = ("https", new HostString(host), "/base");
        await description.WriteAsync(context);
        body.Length.ShouldBe(context.Response.ContentLength!.Value);
        using var json = JsonDocument.Parse(body.ToArray());
        json.RootElement.GetProperty("info").GetProperty("title").GetString().ShouldBe("counted");
        return json.RootElement.GetProperty("servers")[0].GetProperty("url").GetString();
    }

    private sealed class CountingProvider : IOpenApiDocumentProvider
    {
        private int made;

        public int Made => made;

        public async Task<OpenApiDocument> GetOpenApiDocumentAsync(CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            Interlocked.Increment(ref made);
            return new OpenApiDocument { Info = new OpenApiInfo { Title = "counted", Version = "v1" }, Paths = [] };
        }
    }
}
