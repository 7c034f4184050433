using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Lab.Scenarios;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Lab.Web;

/// <summary>The lab of the HTTP API: scenarios, and recordings of them. It keeps nothing, so visitors cannot disturb each other.</summary>
internal sealed class LabEndpoints : IDisposable
{
    private const string Advice = "Send a scenario, such as GET /api/v1/lab/replication answers.";

    // A play is bounded, but takes a core for a moment: the groups come first. A recording takes memory until its reader has it.
    private const int WaitingMax = 8;
    private const int SendingMax = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReadingTimeMax = TimeSpan.FromSeconds(30);

    private readonly SemaphoreSlim playing = new(1);
    private readonly SemaphoreSlim sending = new(SendingMax);
    private int waiting;

    /// <summary>A handler where the lab is on; where it is off, one that says so.</summary>
    public static RequestDelegate Where(bool isOn, RequestDelegate handler) => isOn ? handler : RejectAsync;

    /// <summary>Answers that the lab is off.</summary>
    public static Task RejectAsync(HttpContext context)
    {
        LabProblems.Disabled().Write(context.Response);
        return Task.CompletedTask;
    }

    public static Task ListAsync(HttpContext context)
    {
        using var json = JsonAnswer.Start(context.Response);
        json.WriteStartObject();
        json.WriteStartArray("scenarios"u8);
        foreach (var scenario in ScenarioLibrary.All)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, scenario.Name);
            RecordingJson.Write(json, "title", scenario.Title);
            RecordingJson.Write(json, "about", scenario.About);
            json.WriteStartArray("nodes"u8);
            foreach (var node in scenario.Nodes)
            {
                json.WriteStringValue(node);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        return Task.CompletedTask;
    }

    public static Task GetAsync(HttpContext context)
    {
        if (Find(context) is { } scenario)
        {
            using var json = JsonAnswer.Start(context.Response);
            scenario.Source.WriteTo(json);
        }

        return Task.CompletedTask;
    }

    public Task PlayAsync(HttpContext context) => Find(context) is { } scenario ? PlayAsync(context, scenario) : Task.CompletedTask;

    public async Task PlayPostedAsync(HttpContext context)
    {
        var scenario = await RequestBody.ReadAsync(context.Request, 0, static (in ReadOnlySequence<byte> body, int _) => Parse(body));
        if (scenario.Problem is { } problem)
        {
            problem.Write(context.Response);
            return;
        }

        await PlayAsync(context, scenario.Value);
    }

    public void Dispose()
    {
        playing.Dispose();
        sending.Dispose();
    }

    private static Scenario? Find(HttpContext context)
    {
        var name = context.Request.RouteValues["scenario"] as string ?? "";
        var scenario = ScenarioLibrary.Find(name);
        if (scenario is null)
        {
            LabProblems.Unknown(name).Write(context.Response);
        }

        return scenario;
    }

    /// <summary>Reads a scenario that a visitor wrote.</summary>
    internal static Checked<Scenario> Parse(in ReadOnlySequence<byte> body)
    {
        if (body.IsEmpty)
        {
            return KnownProblems.InvalidRequest("body", $"The body is empty. {Advice}");
        }

        try
        {
            using var document = JsonDocument.Parse(body);
            return ScenarioParser.Parse(document.RootElement);
        }
        catch (ScenarioException mistake)
        {
            return KnownProblems.InvalidRequest(mistake.Place, $"{mistake.Place}: {mistake.Problem}");
        }
        catch (JsonException exception)
        {
            return KnownProblems.InvalidRequest(
                "body",
                $"The body is not JSON at line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}. {Advice}");
        }
        catch (InvalidOperationException)
        {
            // How the reader says that text is no text: damaged UTF-8, or half a surrogate pair.
            return KnownProblems.InvalidRequest("body", "The body has text that is no UTF-8.");
        }
    }

    private async Task PlayAsync(HttpContext context, Scenario scenario)
    {
        if (!await EnterAsync(sending, context.RequestAborted))
        {
            LabProblems.Busy().Write(context.Response);
            return;
        }

        try
        {
            if (await RecordAsync(scenario, context.RequestAborted) is { } recording)
            {
                await SendAsync(context, recording);
            }
            else
            {
                LabProblems.Busy().Write(context.Response);
            }
        }
        finally
        {
            sending.Release();
        }
    }

    /// <summary>Waits in a queue that is as short as it is useful.</summary>
    private async Task<bool> EnterAsync(SemaphoreSlim door, CancellationToken cancellation)
    {
        try
        {
            return Interlocked.Increment(ref waiting) <= WaitingMax && await door.WaitAsync(Patience, cancellation);
        }
        finally
        {
            Interlocked.Decrement(ref waiting);
        }
    }

    /// <returns>The recording as JSON; null when others play for too long.</returns>
    private async Task<ReadOnlyMemory<byte>?> RecordAsync(Scenario scenario, CancellationToken cancellation)
    {
        if (!await playing.WaitAsync(Patience, cancellation))
        {
            return null;
        }

        try
        {
            return await Task.Run(() => Record(scenario), cancellation);
        }
        finally
        {
            playing.Release();
        }
    }

    private static ReadOnlyMemory<byte> Record(Scenario scenario)
    {
        var output = new ArrayBufferWriter<byte>(64 * 1024);
        using (var json = new Utf8JsonWriter(output))
        {
            RecordingJson.Write(json, scenario.Play());
        }

        return output.WrittenMemory;
    }

    /// <summary>A reader that takes too long is cut off: it would keep others out.</summary>
    private static async Task SendAsync(HttpContext context, ReadOnlyMemory<byte> recording)
    {
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        reading.CancelAfter(ReadingTimeMax);
        JsonAnswer.SetHeaders(context.Response);
        try
        {
            await context.Response.BodyWriter.WriteAsync(recording, reading.Token);
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            context.Abort();
        }
    }
}
