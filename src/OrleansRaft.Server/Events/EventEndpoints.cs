using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Hosting;
using OrleansRaft.Grains.Admin;
using OrleansRaft.Grains.Events;
using OrleansRaft.Grains.Faults;
using OrleansRaft.Server.Access;
using OrleansRaft.Server.Groups;
using OrleansRaft.Server.Http;
using OrleansRaft.Server.Limits;
using OrleansRaft.Server.Problems;

namespace OrleansRaft.Server.Events;

/// <summary>The stream of events: what happens in the cluster, to whoever looks.</summary>
internal sealed class EventEndpoints(
    EventFeed feed,
    IRaftAdmin admin,
    IRaftFaults faults,
    EntryTexts texts,
    WatcherCounts watchers,
    IHostApplicationLifetime lifetime,
    ILocalSiloDetails self,
    TimeProvider time)
{
    private const int GroupsInPart = 1_000;
    private const int ReadersMax = 100;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ComeBackAfter = TimeSpan.FromSeconds(1);

    private int readers;

    public async Task StreamAsync(HttpContext context)
    {
        var group = QueryParameters.Text(context.Request, "group");
        if ((group.Problem ?? await UnknownAsync(group.Value, context.RequestAborted)) is { } problem)
        {
            problem.Write(context.Response);
            return;
        }

        if (Interlocked.Increment(ref readers) > ReadersMax)
        {
            Interlocked.Decrement(ref readers);
            KnownProblems.TooManyReaders(ReadersMax).Write(context.Response);
            return;
        }

        using var watcher = watchers.TryEnter(context.User);
        if (watcher is null)
        {
            Interlocked.Decrement(ref readers);
            watchers.Refuse().Write(context.Response);
            return;
        }

        // A stream has no end of its own, and must not keep a silo from stopping in time.
        using var held = HeldRequest.Begin(context);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, lifetime.ApplicationStopping);
        try
        {
            await StreamAsync(context, string.IsNullOrEmpty(group.Value) ? null : group.Value, ending.Token);
        }
        catch (Exception failure) when (ending.IsCancellationRequested && failure is OperationCanceledException or IOException)
        {
            // The reader has left, or this silo is about to.
            return;
        }
        finally
        {
            Interlocked.Decrement(ref readers);
        }
    }

    private async Task StreamAsync(HttpContext context, string? group, CancellationToken cancellation)
    {
        context.Response.ContentType = "text/event-stream";
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();

        using var reader = feed.Open(group);
        var writer = new EventWriter(context.Response.BodyWriter);
        writer.WriteRetry(ComeBackAfter);
        var seen = context.Request.Headers["Last-Event-ID"].ToString();
        if (WhyNotResumed(reader, seen) is var reason && (reason is not null || seen.Length == 0))
        {
            await BeginAnewAsync(writer, reader, reason, cancellation);
        }

        while (true)
        {
            await writer.FlushAsync(cancellation);
            if (await reader.ReadAsync(Silence, cancellation) is not { } page)
            {
                await BeginAnewAsync(writer, reader, "dropped", cancellation);
                continue;
            }

            foreach (var (number, happened) in page)
            {
                var text = happened.Event is SkipEvent skip ? await texts.FindAsync(skip.Group, new LogIndex(skip.Index), cancellation) : null;
                writer.Write(IdOf(number), EventJson.TypeOf(happened.Event), json => EventJson.Write(json, happened, text));
            }

            if (page.Count == 0)
            {
                writer.WriteSilence();
            }
        }
    }

    /// <summary>Goes on where the reader was, if that is possible.</summary>
    /// <returns>Why it is not; null when it is, or when the reader is new.</returns>
    private string? WhyNotResumed(EventReader reader, string seen)
    {
        if (seen.Length == 0)
        {
            return null;
        }

        return seen.Split('-') is [var name, var number]
            && name == feed.Name
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var place)
                ? reader.TryResume(place) ? null : "dropped"
                : "another-silo";
    }

    private async Task BeginAnewAsync(EventWriter writer, EventReader reader, string? reason, CancellationToken cancellation)
    {
        if (reason is not null)
        {
            writer.Write(null, "reset", json =>
            {
                EventJson.Start(json, "reset", Now(), self.Name);
                json.WriteString("reason"u8, reason);
                json.WriteString("detail"u8, reason == "dropped"
                    ? "Events were dropped before they could be sent; what was known is void, and a snapshot follows."
                    : "Another silo answers now, which numbers events in its own way; what was known is void, and a snapshot follows.");
                json.WriteEndObject();
            });
            await writer.FlushAsync(cancellation);
        }

        var picture = await reader.TakePictureAsync(cancellation);
        var broken = await faults.ListAsync(cancellation);
        var (id, parts) = (IdOf(reader.Place), Math.Max(1, (picture.Groups.Count + GroupsInPart - 1) / GroupsInPart));
        for (var part = 0; part < parts; part++)
        {
            var isLast = part == parts - 1;
            var groups = picture.Groups.Skip(part * GroupsInPart).Take(GroupsInPart);
            writer.Write(isLast ? id : null, "snapshot", json =>
            {
                EventJson.Start(json, "snapshot", Now(), self.Name);
                PictureJson.WriteFields(json, picture.Silos, faults.IsEnabled, broken, reader.Group, groups, more: !isLast);
                json.WriteEndObject();
            });
            await writer.FlushAsync(cancellation);
        }
    }

    private async Task<Problem?> UnknownAsync(string? group, CancellationToken cancellation) =>
        string.IsNullOrEmpty(group) || await admin.GetGroupAsync(group, cancellation) is not null ? null : KnownProblems.UnknownGroup(group);

    private string IdOf(long number) => string.Create(CultureInfo.InvariantCulture, $"{feed.Name}-{number}");

    private long Now() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
