using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace OrleansRaft.Cli.Client;

/// <summary>Logs, events, faults and backups.</summary>
internal sealed partial class OraftClient
{
    private const string Faults = "api/v1/faults";

    private static readonly TimeSpan ComeBackAfter = TimeSpan.FromSeconds(1);

    /// <summary>The entries of a group's log, as many as are asked for.</summary>
    public async IAsyncEnumerable<Answer<LogEntryView>> ReadLogAsync(
        string group, long after, int limit, [EnumeratorCancellation] CancellationToken cancellation)
    {
        for (long? next = after; next is { } from && limit > 0;)
        {
            var page = await GetAsync<LogPageView>(
                FormattableString.Invariant($"api/v1/groups/{PathSegment.Of(group)}/log?after={from}&limit={Math.Min(limit, 1_000)}"), cancellation);
            foreach (var entry in page.Value.Entries)
            {
                yield return new Answer<LogEntryView>(entry.Deserialize<LogEntryView>(Json)!, entry);
                limit--;
            }

            next = page.Value.Next;
        }
    }

    /// <summary>The faults in force, and whether there can be any.</summary>
    public Task<Answer<FaultListView>> ListFaultsAsync(CancellationToken cancellation) => GetAsync<FaultListView>(Faults, cancellation);

    /// <summary>Puts a fault in force.</summary>
    public async Task<Answer<FaultView>> BeginFaultAsync(object fault, CancellationToken cancellation)
    {
        using var response = await SendAsync(
            () => new HttpRequestMessage(HttpMethod.Post, Faults) { Content = JsonContent.Create(fault, fault.GetType(), options: WithoutNulls) },
            cancellation);
        return await ReadAsync<FaultView>(response, key: null, cancellation);
    }

    /// <summary>Heals a fault, or all of them.</summary>
    /// <param name="fault">Which; null for all.</param>
    /// <param name="cancellation">Interrupts.</param>
    public async Task HealAsync(string? fault, CancellationToken cancellation)
    {
        using var response = await SendAsync(
            () => new HttpRequestMessage(HttpMethod.Delete, fault is null ? Faults : $"{Faults}/{PathSegment.Of(fault)}"), cancellation);
        await ProblemAnswers.ThrowUnlessSuccessAsync(response, key: null, cancellation);
    }

    /// <summary>What happens in the cluster, until the stream breaks; then it begins anew, as browsers do.</summary>
    /// <param name="group">The group in focus; null for none.</param>
    /// <param name="cancellation">Ends it.</param>
    public async IAsyncEnumerable<JsonElement> FollowAsync(string? group, [EnumeratorCancellation] CancellationToken cancellation)
    {
        string? last = null;
        while (true)
        {
            using var request = new HttpRequestMessage(
                HttpMethod.Get, "api/v1/events" + (group is null ? "" : $"?group={Uri.EscapeDataString(group)}"));
            if (last is not null)
            {
                request.Headers.TryAddWithoutValidation("Last-Event-ID", last);
            }

            using var response = await BeginAsync(request, cancellation);
            await ProblemAnswers.ThrowUnlessSuccessAsync(response, key: null, cancellation);
            await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
            await using var items = SseParser.Create(stream).EnumerateAsync(cancellation).GetAsyncEnumerator(cancellation);
            while (await MoveAsync(items, cancellation))
            {
                last = string.IsNullOrEmpty(items.Current.EventId) ? last : items.Current.EventId;
                yield return JsonSerializer.Deserialize<JsonElement>(items.Current.Data);
            }

            await Task.Delay(ComeBackAfter, cancellation);
        }
    }

    /// <summary>Asks for a backup of the whole cluster.</summary>
    /// <param name="megabytesPerSecond">How fast it may come; 0 for as fast as it can.</param>
    /// <param name="cancellation">Interrupts.</param>
    /// <returns>An answer whose body is the backup, which comes as it is made.</returns>
    public async Task<HttpResponseMessage> BeginBackupAsync(int megabytesPerSecond, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(
            HttpMethod.Post, FormattableString.Invariant($"api/v1/backup?megabytesPerSecond={megabytesPerSecond}"));
        var response = await BeginAsync(request, cancellation);
        await ProblemAnswers.ThrowUnlessSuccessAsync(response, key: null, cancellation);
        return response;
    }

    private static async Task<bool> MoveAsync(IAsyncEnumerator<SseItem<string>> items, CancellationToken cancellation)
    {
        try
        {
            return await items.MoveNextAsync();
        }
        catch (Exception broken) when (!cancellation.IsCancellationRequested && broken is HttpRequestException or IOException)
        {
            return false;
        }
    }

    private async Task<HttpResponseMessage> BeginAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
            NoteVersion(response);
            return response;
        }
        catch (HttpRequestException failure)
        {
            throw TransportFailures.Explain(failure, request, Server);
        }
        catch (TaskCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw TransportFailures.ExplainTimeout(request, Server, timeout);
        }
    }
}

/// <summary>A page of a log, its entries as they came.</summary>
internal sealed record LogPageView(IReadOnlyList<JsonElement> Entries, long? Next);

/// <summary>An entry of a log as the API describes it.</summary>
internal sealed record LogEntryView(long Index, long Term, string Kind, long TimeMilliseconds, int BodyBytes, string? Key, string Text);

/// <summary>The faults in force, as they came.</summary>
internal sealed record FaultListView(bool Enabled, bool CanKill, IReadOnlyList<string> Silos, IReadOnlyList<JsonElement> Faults);

/// <summary>A fault as the API describes it.</summary>
internal sealed record FaultView(string Fault, string Kind, int Seconds, long HealsInMilliseconds, string Text);
