using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace OrleansRaft.Server.Http;

/// <summary>Answers in JSON, which nobody keeps: what a cluster tells is true for a moment.</summary>
public static class JsonAnswer
{
    /// <summary>Sets the headers of an answer, and begins its body.</summary>
    /// <param name="response">The answer.</param>
    /// <returns>Writes the body; disposed of when it is complete.</returns>
    public static Utf8JsonWriter Start(HttpResponse response)
    {
        SetHeaders(response);
        return new Utf8JsonWriter(response.BodyWriter);
    }

    /// <summary>Sets the headers of an answer whose body is written otherwise.</summary>
    /// <param name="response">The answer.</param>
    public static void SetHeaders(HttpResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        response.ContentType = "application/json";
        response.Headers.CacheControl = "no-store";
    }
}
