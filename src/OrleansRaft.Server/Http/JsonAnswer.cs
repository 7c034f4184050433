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

    /// <summary>Answers with one object, or with the problem there is instead.</summary>
    /// <typeparam name="T">What is told.</typeparam>
    /// <param name="response">The answer.</param>
    /// <param name="answer">What is told, or the problem.</param>
    /// <param name="writeMembers">Writes the object's members.</param>
    internal static void Write<T>(HttpResponse response, in Checked<T> answer, Action<Utf8JsonWriter, T> writeMembers)
    {
        if (answer.Problem is { } problem)
        {
            problem.Write(response);
            return;
        }

        using var json = Start(response);
        json.WriteStartObject();
        writeMembers(json, answer.Value);
        json.WriteEndObject();
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
