using System.Net;

namespace OrleansRaft.Integration.Tests.Server;

/// <summary>Bodies as they come over the wire: whatever is wrong with one is the client's error, and never the server's.</summary>
public sealed class BodyOnTheWireTests(CounterServer server) : IClassFixture<CounterServer>
{
    /// <summary>Requests that read a body, each with one that makes sense.</summary>
    private static readonly (string Line, string Body)[] Readers =
    [
        ("POST /api/v1/tenants/wire/counters/c/increment", """{"by":5}"""),
        ("PUT /api/v1/tenants/wire/counters/c", """{"value":5}"""),
        ("PUT /api/v1/tenants/wire/note", """{"text":"paid"}"""),
        ("POST /api/v1/groups/counters-0/leader", """{"replica":1}"""),
        ("POST /api/v1/groups/counters-0/members", """{"voters":3}"""),
        ("DELETE /api/v1/groups/counters-0/members", """{"replica":99}"""),
        ("POST /api/v1/lab/recordings", "{}"),
    ];

    private static readonly string[] BrokenChunks =
    [
        "FFFFFFFFF\r\n{\"by\":5}\r\n0\r\n\r\n",
        "FFFFFFFFFFFFFFFFFFFFFFFF\r\n{\"by\":5}\r\n0\r\n\r\n",
        "7FFFFFFF0\r\n{\"by\":5}\r\n0\r\n\r\n",
        "80000000\r\n{\"by\":5}\r\n0\r\n\r\n",
        "-8\r\n{\"by\":5}\r\n0\r\n\r\n",
        "+8\r\n{\"by\":5}\r\n0\r\n\r\n",
        "0x8\r\n{\"by\":5}\r\n0\r\n\r\n",
        "eight\r\n{\"by\":5}\r\n0\r\n\r\n",
        "\r\n{\"by\":5}\r\n0\r\n\r\n",
        " 8\r\n{\"by\":5}\r\n0\r\n\r\n",
        "8\n{\"by\":5}\n0\n\n",
        "8\r\n{\"by\":5}0\r\n\r\n",
        "3\r\n{\"by\":5}\r\n0\r\n\r\n",
        "8;a=b\r\n{\"by\":5}x\r\n0\r\n\r\n",
    ];

    private static readonly string[] Truncated =
    [
        "8\r\n{\"by\":5}\r\n",
        "8\r\n{\"by\"",
        "8\r\n{\"by\":5}\r\n0\r\n",
        "8",
        "",
    ];

    public static TheoryData<string> Lines => [.. Readers.Select(static reader => reader.Line)];

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task A_chunked_body_that_is_wrong_is_the_clients_error_and_changes_nothing(string line)
    {
        var before = await server.Client.AskAsync("/api/v1/tenants/wire/counters/never");

        foreach (var chunks in BrokenChunks)
        {
            var answer = await AskAsync(
                $"{line} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}", endsThere: false);

            answer.ShouldBeClientsError(chunks);
        }

        before.ShouldBeProblem(404, "unknown-counter");
    }

    /// <summary>Where the client has gone there is nobody to tell; where only its half of the connection is closed there is.</summary>
    [Theory]
    [MemberData(nameof(Lines))]
    public async Task A_body_that_ends_too_early_is_the_clients_error(string line)
    {
        foreach (var chunks in Truncated)
        {
            (
                await AskAsync(
                    $"{line} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}", endsThere: true))
                .ShouldBeClientsErrorOrNothing(chunks);
        }

        (await AskAsync($"{line} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{{\"by\"", endsThere: true))
            .ShouldBeClientsErrorOrNothing("shorter than its length");
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task A_body_that_is_too_large_is_refused_however_it_is_sent(string line)
    {
        var large = new string(' ', 70_000);

        (await AskAsync($"{line} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 70000\r\n\r\n{large}", endsThere: false))
            .ShouldBeProblem(413, "body-too-large");
        (
            await AskAsync(
                $"{line} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9223372036854775807\r\n\r\n", endsThere: false))
            .ShouldBeProblem(413, "body-too-large");
        (await AskAsync(
            $"{line} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n11170\r\n{large}\r\n0\r\n\r\n",
            endsThere: false))
            .ShouldBeProblem(413, "body-too-large");
        (await AskAsync(
            $"{line} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n7FFFFFFF\r\n{large}",
            endsThere: false))
            .ShouldBeProblem(413, "body-too-large");
    }

    [Theory]
    [MemberData(nameof(Lines))]
    public async Task A_body_in_another_encoding_or_that_is_no_text_is_refused(string line)
    {
        (
            await AskAsync(
                $"{line} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\n{{\"by\":5}}",
                endsThere: false))
            .ShouldBeProblem(415, "unsupported-media-type", "Content-Encoding");
        (
            await AskAsync(
                $"{line} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{{\"b\u00ff\u00fe\":5}}",
                endsThere: false))
            .ShouldBeClientsError("no UTF-8");
        (
            await AskAsync(
                $"{line} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 20000\r\n\r\n{new string('[', 20_000)}",
                endsThere: false))
            .ShouldBeClientsError("deep");
        (
            await AskAsync(
                $"{line} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 20004\r\n\r\n{{\"a\":{new string('[', 19_999)}",
                endsThere: false))
            .ShouldBeClientsError("deep");
    }

    [Theory]
    [InlineData("8\r\n{\"by\":5}\r\n0\r\nX-Trailer: a\r\n\r\n", "Transfer-Encoding: chunked")]
    [InlineData("8\r\n{\"by\":5}\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\nExpect: 100-continue")]
    [InlineData("{\"by\":5}", "Content-Length: 8\r\nExpect: 100-continue")]
    [InlineData("3\r\n{\"b\r\n5\r\ny\":5}\r\n0\r\n\r\n", "Transfer-Encoding: chunked")]
    [InlineData("8;name=value\r\n{\"by\":5}\r\n0\r\n\r\n", "Transfer-Encoding: chunked")]
    [InlineData("8\r\n{\"by\":5}\r\n0\r\n\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 8")]
    [InlineData("{\"by\":5}", "Content-Length: 8\r\nContent-Encoding: identity")]
    public async Task A_body_that_is_unusual_but_right_is_taken(string body, string headers)
    {
        var answer = await AskAsync(
            $"POST /api/v1/tenants/wire/counters/right/increment HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n{headers}\r\n\r\n{body}",
            endsThere: false);

        ((int)answer.Status).ShouldBe(200, answer.Text);
    }

    /// <summary>What follows the length is the next request, which makes no sense.</summary>
    [Fact]
    public async Task A_body_longer_than_its_length_spoils_only_what_follows() =>
        (
            await AskAsync(
                "POST /api/v1/tenants/wire/counters/longer/increment HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
                    + "8\r\n\r\n{\"by\":5}{\"by\":5}",
                endsThere: false))
            .Status.ShouldBe(HttpStatusCode.OK);

    private Task<Answer> AskAsync(string request, bool endsThere) => Wire.AskAsync(server.Client.BaseAddress!, request, endsThere);
}
