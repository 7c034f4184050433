using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace OrleansRaft.Server.Problems;

/// <summary>
/// An error as the API answers it: <c>application/problem+json</c> (RFC 9457) with <c>definite</c>, and <c>field</c> where one is to blame.
/// </summary>
/// <param name="Status">The status code.</param>
/// <param name="Type">Its stable type, for programs: one of <see cref="ProblemTypes"/>, or an application's own.</param>
/// <param name="Title">The same for every problem of the type.</param>
/// <param name="Detail">What happened, to what, and what to do next.</param>
public sealed record Problem(int Status, string Type, string Title, string Detail)
{
    /// <summary>The media type of problems.</summary>
    public const string MediaType = "application/problem+json";

    /// <summary>Whether the request certainly changed nothing.</summary>
    public bool Definite { get; init; } = true;

    /// <summary>The field, header or parameter that is wrong.</summary>
    public string? Field { get; init; }

    /// <summary>Seconds to wait before trying again; 0 says nothing.</summary>
    public int RetryAfterSeconds { get; init; }

    /// <summary>Makes an answer of it.</summary>
    /// <param name="response">The answer.</param>
    public void Write(HttpResponse response)
    {
        ArgumentNullException.ThrowIfNull(response);
        response.HttpContext.Features.Set(this);
        response.StatusCode = Status;
        response.ContentType = MediaType;
        response.Headers.CacheControl = "no-store";
        if (RetryAfterSeconds > 0)
        {
            response.Headers.RetryAfter = RetryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }

        using var json = new Utf8JsonWriter(response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("type"u8, Type);
        json.WriteString("title"u8, Title);
        json.WriteNumber("status"u8, Status);
        json.WriteString("detail"u8, Detail);
        json.WriteBoolean("definite"u8, Definite);
        if (Field is not null)
        {
            json.WriteString("field"u8, Field);
        }

        json.WriteEndObject();
    }
}
