using System.Buffers;
using System.IO.Pipelines;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Net.Http.Headers;
using OrleansRaft.Server.Audit;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Http;

/// <summary>Reads the bodies that the API takes. Most are a JSON object with one 64-bit integer and nothing else.</summary>
/// <remarks>
/// By hand, because every increment goes through here, and because a field that is unknown or given twice must be refused by its name.
/// </remarks>
public static class RequestBody
{
    /// <summary>The largest body, in bytes.</summary>
    public const int BytesMax = BodyLimit.BytesMax;

    private const string WholeBody = "body";

    /// <summary>Takes a whole body apart.</summary>
    /// <typeparam name="T">What is made of it.</typeparam>
    /// <typeparam name="TWith">What is needed besides.</typeparam>
    /// <param name="body">The body.</param>
    /// <param name="with">What is needed besides.</param>
    public delegate Checked<T> BodyParser<T, in TWith>(in ReadOnlySequence<byte> body, TWith with);

    /// <summary>Reads a body that is a JSON object with one 64-bit integer and nothing else.</summary>
    /// <param name="request">The request.</param>
    /// <param name="field">The name of the integer's field, in ASCII.</param>
    public static ValueTask<Checked<long>> ReadInt64Async(HttpRequest request, string field) =>
        ReadAsync(request, field, static (in ReadOnlySequence<byte> body, string field) => ParseInt64(body, field));

    /// <summary>Reads a body and takes it apart.</summary>
    /// <typeparam name="T">What is made of it.</typeparam>
    /// <typeparam name="TWith">What is needed besides.</typeparam>
    /// <param name="request">The request.</param>
    /// <param name="with">What <paramref name="parse"/> needs besides.</param>
    /// <param name="parse">Takes the whole body apart.</param>
    public static async ValueTask<Checked<T>> ReadAsync<T, TWith>(HttpRequest request, TWith with, BodyParser<T, TWith> parse)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(parse);
        if (!IsJson(request.ContentType))
        {
            // Where nothing is sent, nothing is of the wrong type.
            return IsAbsent(request) ? parse(ReadOnlySequence<byte>.Empty, with) : KnownProblems.UnsupportedMediaType(request.ContentType);
        }

        if (EncodingOf(request) is { Length: > 0 } encoding)
        {
            return KnownProblems.UnsupportedEncoding(encoding);
        }

        if (request.ContentLength > BytesMax)
        {
            return KnownProblems.BodyTooLarge();
        }

        var body = request.BodyReader;
        while (true)
        {
            ReadResult read;
            try
            {
                read = await body.ReadAsync();
            }
            catch (Exception broken) when (!request.HttpContext.RequestAborted.IsCancellationRequested)
            {
                return ProblemOf(broken, request);
            }

            if (read.Buffer.Length > BytesMax)
            {
                body.AdvanceTo(read.Buffer.End);
                return KnownProblems.BodyTooLarge();
            }

            if (read.IsCompleted)
            {
                try
                {
                    request.HttpContext.Features.Get<AuditedRequest>()?.Take(read.Buffer);
                    return parse(read.Buffer, with);
                }
                finally
                {
                    // Whatever becomes of it: a connection whose request was left half-read can serve no other.
                    body.AdvanceTo(read.Buffer.End);
                }
            }

            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Reads the one integer of a whole body.</summary>
    internal static Checked<long> ParseInt64(in ReadOnlySequence<byte> body, string field)
    {
        if (body.IsEmpty)
        {
            return KnownProblems.InvalidRequest(WholeBody, $"The body is empty. Send a JSON object such as {{\"{field}\": 1}}.");
        }

        try
        {
            return ParseObject(body, field);
        }
        catch (JsonException exception)
        {
            return KnownProblems.InvalidRequest(
                WholeBody,
                $"The body is not JSON at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}. "
                    + $"Send an object such as {{\"{field}\": 1}}.");
        }
        catch (InvalidOperationException)
        {
            // How the reader says that a name is no text: damaged UTF-8, or half a surrogate pair.
            return KnownProblems.InvalidRequest(WholeBody, $"The body has a field whose name is not valid text. It knows only \"{field}\".");
        }
    }

    private static Checked<long> ParseObject(in ReadOnlySequence<byte> body, string field)
    {
        var json = new Utf8JsonReader(body);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            return KnownProblems.InvalidRequest(WholeBody, $"The body is JSON, but no object. Send an object such as {{\"{field}\": 1}}.");
        }

        long? found = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (!json.ValueTextEquals(field))
            {
                return UnknownField(ref json, field);
            }

            if (found is not null)
            {
                return KnownProblems.InvalidRequest(field, $"The field \"{field}\" is given twice. Give it once.");
            }

            json.Read();
            if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out var number))
            {
                return KnownProblems.InvalidRequest(
                    field,
                    $"The field \"{field}\" is no 64-bit integer. "
                        + $"Give a number from {long.MinValue} to {long.MaxValue}, without fraction or exponent.");
            }

            found = number;
        }

        // Whatever follows the object is found by reading on.
        json.Read();
        return found is { } value
            ? value
            : KnownProblems.InvalidRequest(field, $"The field \"{field}\" is missing. Send an object such as {{\"{field}\": 1}}.");
    }

    private static Problem UnknownField(ref Utf8JsonReader json, string field)
    {
        var name = json.GetString()!;
        return KnownProblems.InvalidRequest(
            name.Length <= 128 ? name : WholeBody, $"The field {Shortened.Of(name)} is unknown here. The body knows only \"{field}\".");
    }

    /// <summary>
    /// The web server tells a body that is wrong on the wire in several ways: chunk sizes that are no numbers or too large, a chunk without its end,
    /// a body that ends too early. Nothing else happens while a body is read, so whatever is thrown is the client's error.
    /// </summary>
    private static Problem ProblemOf(Exception broken, HttpRequest request) => broken is BadHttpRequestException refused
        ? KnownProblems.OfStatus(refused.StatusCode, request)
        : KnownProblems.InvalidRequest(
            WholeBody,
            $"The body could not be read to its end ({broken.Message.TrimEnd('.')}), so nothing was changed. "
                + "Check its Content-Length or its chunks, and send it again.");

    private static string? EncodingOf(HttpRequest request) =>
        request.Headers.ContentEncoding is { Count: > 0 } given && !string.Equals(given, "identity", StringComparison.OrdinalIgnoreCase)
            ? given.ToString()
            : null;

    private static bool IsAbsent(HttpRequest request) =>
        string.IsNullOrEmpty(request.ContentType) && request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false };

    private static bool IsJson(string? contentType) =>
        string.Equals(contentType, "application/json", StringComparison.OrdinalIgnoreCase)
        || (MediaTypeHeaderValue.TryParse(contentType, out var media)
            && (media.MatchesMediaType("application/json") || media.Suffix.Equals("json", StringComparison.OrdinalIgnoreCase))
            && (!media.Charset.HasValue || media.Charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)));
}
