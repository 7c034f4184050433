using System.Text;
using Microsoft.AspNetCore.Http;
using OrleansRaft.Counters;
using OrleansRaft.Counters.Web;
using OrleansRaft.Runtime;
using OrleansRaft.Server.Http;

namespace OrleansRaft.Integration.Tests.Server;

public sealed class RequestHeaderTests
{
    private static readonly string Scope = new CounterKey("acme", "visits").ToString();

    [Fact]
    public void A_request_without_a_key_has_no_request_id() =>
        IdempotencyKey.ReadRequestId(Request("POST"), Scope).ShouldBe(new Checked<string?>(null, null));

    [Theory]
    [InlineData("a")]
    [InlineData("!~#\"'{}")]
    [InlineData("8e03978e-40d5-43e8-bc93-6894a57f9324")]
    public void A_key_of_visible_ascii_is_taken(string key) =>
        IdempotencyKey.ReadRequestId(Request("POST", IdempotencyKey.Header, key), Scope).Value.ShouldBe($"POST acme/visits {key}");

    [Theory]
    [InlineData("")]
    [InlineData("a b")]
    [InlineData("a\tb")]
    [InlineData("\u007f")]
    [InlineData("é")]
    public void Any_other_key_is_refused_by_name(string key)
    {
        var problem = IdempotencyKey.ReadRequestId(Request("POST", IdempotencyKey.Header, key), Scope).Problem.ShouldNotBeNull();

        problem.Status.ShouldBe(400);
        problem.Field.ShouldBe("Idempotency-Key");
    }

    [Fact]
    public void A_key_has_at_most_255_characters_and_is_given_once()
    {
        IdempotencyKey.ReadRequestId(Request("POST", IdempotencyKey.Header, new string('k', 255)), Scope).Problem.ShouldBeNull();
        IdempotencyKey.ReadRequestId(Request("POST", IdempotencyKey.Header, new string('k', 256)), Scope).Problem.ShouldNotBeNull();
        IdempotencyKey.ReadRequestId(Request("POST", IdempotencyKey.Header, "a", "b"), Scope).Problem.ShouldNotBeNull();
    }

    [Fact]
    public void The_longest_names_and_key_still_make_a_request_id_of_their_own()
    {
        var longest = new CounterKey(new string('t', 128), new string('c', 128)).ToString();

        var one = RequestId.Of("DELETE", longest, new string('k', 255));
        var other = RequestId.Of("DELETE", longest, new string('k', 254) + "l");

        one.Length.ShouldBeLessThanOrEqualTo(CommandEnvelope.RequestIdLengthMax);
        one.ShouldNotBe(other);
        one.ShouldBe(RequestId.Of("DELETE", longest, new string('k', 255)));
    }

    [Fact]
    public void A_request_id_belongs_to_its_tenant()
    {
        string TenantOf(string id) => Encoding.UTF8.GetString(new CounterMachine().ScopeOf(Encoding.UTF8.GetBytes(id)));

        TenantOf(RequestId.Of("POST", "acme/visits", "k/1 a")).ShouldBe("acme");
        TenantOf(RequestId.Of("DELETE", "a.b-c//", "k")).ShouldBe("a.b-c");
        TenantOf(RequestId.Of("POST", $"{new string('t', 128)}/{new string('c', 128)}", new string('k', 255))).ShouldBe("#");
        TenantOf("my own id").ShouldBe("");
        TenantOf("own/id").ShouldBe("");
        TenantOf("").ShouldBe("");
    }

    [Fact]
    public void Keys_of_different_scopes_never_meet()
    {
        string[] ids =
        [
            RequestId.Of("POST", "a/b", "k"),
            RequestId.Of("PUT", "a/b", "k"),
            RequestId.Of("DELETE", "a/b", "k"),
            RequestId.Of("POST", "a/c", "k"),
            RequestId.Of("POST", "b/b", "k"),
        ];

        ids.ShouldBeUnique();
    }

    [Theory]
    [InlineData("\"17\"", CounterConditionKind.Unchanged, 17)]
    [InlineData(" \"17\" ", CounterConditionKind.Unchanged, 17)]
    [InlineData("*", CounterConditionKind.Exists, 0)]
    [InlineData("W/\"17\"", CounterConditionKind.Unchanged, 0)]
    [InlineData("\"017\"", CounterConditionKind.Unchanged, 0)]
    [InlineData("\"\"", CounterConditionKind.Unchanged, 0)]
    [InlineData("\"-17\"", CounterConditionKind.Unchanged, 0)]
    [InlineData("\"99999999999999999999\"", CounterConditionKind.Unchanged, 0)]
    [InlineData("\"other\"", CounterConditionKind.Unchanged, 0)]
    public void If_match_is_a_tag_or_a_star(string header, CounterConditionKind kind, long tag) =>
        CounterRequest.ReadCondition(Request("PUT", "If-Match", header)).ShouldBe(
            new Checked<CounterCondition>(new CounterCondition(kind, tag), null));

    [Theory]
    [InlineData("")]
    [InlineData("17")]
    [InlineData("\"17")]
    [InlineData("\"")]
    [InlineData("W/")]
    [InlineData("\"17\", \"18\"")]
    [InlineData("**")]
    public void Any_other_if_match_is_refused_by_name(string header)
    {
        var problem = CounterRequest.ReadCondition(Request("PUT", "If-Match", header)).Problem.ShouldNotBeNull();

        problem.Status.ShouldBe(400);
        problem.Field.ShouldBe("If-Match");
    }

    private static HttpRequest Request(string method, string header = "X-Other", params string[] values)
    {
        var request = new DefaultHttpContext().Request;
        request.Method = method;
        request.Headers[header] = values.Length == 0 ? "other" : values;
        return request;
    }
}
